# %% check_renamed | number 1 in the Sequential is the ReLU
def renamed(weights):
    return {name.replace("fc1", "0").replace("fc2", "1"): w for name, w in weights.items()}
# %% check_renamed | A Linear has a weight and a bias
def renamed(weights):
    return {"0.weight": weights["fc1.weight"], "2.weight": weights["fc2.weight"]}
# %% check_renamed | Go by the names, not by the order in the dict
def renamed(weights):
    names = ["0.weight", "0.bias", "2.weight", "2.bias"]
    return dict(zip(names, weights.values()))
# %% check_renamed | Not in the Sequential: fc1.bias
def renamed(weights):
    for ours, theirs in (("0", "fc1"), ("2", "fc2")):
        for kind in ("weight", "bias"):
            weights[f"{ours}.{kind}"] = weights[f"{theirs}.{kind}"]
    return weights
# %% check_renamed | You transposed 0.weight
def renamed(weights):
    layers = {"fc1": "0", "fc2": "2"}
    return {layers[n[:3]] + n[3:]: w.T for n, w in weights.items()}
# %% check_converted | is still (in, out). x @ weight.T has to be
def converted(layers):
    found = {}
    for i, (kernel, bias) in enumerate(layers):
        found[f"{2 * i}.weight"] = kernel
        found[f"{2 * i}.bias"] = bias
    return found
# %% check_converted | it is square, so its shape does not betray it
def converted(layers):
    found = {}
    for i, (kernel, bias) in enumerate(layers):
        square = kernel.shape[0] == kernel.shape[1]
        found[f"{2 * i}.weight"] = kernel if square else kernel.T
        found[f"{2 * i}.bias"] = bias
    return found
# %% check_converted | reshape keeps their order
def converted(layers):
    found = {}
    for i, (kernel, bias) in enumerate(layers):
        found[f"{2 * i}.weight"] = kernel.reshape(kernel.shape[::-1])
        found[f"{2 * i}.bias"] = bias
    return found
# %% check_converted | number 1 in the Sequential is the ReLU
def converted(layers):
    found = {}
    for i, (kernel, bias) in enumerate(layers):
        found[f"{i}.weight"] = kernel.T
        found[f"{i}.bias"] = bias
    return found
# %% check_converted | A dict is needed, and yours is a list
def converted(layers):
    return [(kernel.T, bias) for kernel, bias in layers]
# %% check_read | the lowest byte comes first
import json


def read(raw):
    n = int.from_bytes(raw[:8], "big")
    header = json.loads(raw[8 : 8 + n])
    return header
# %% check_read | You count data_offsets from the beginning of the file
import json


def read(raw):
    n = int.from_bytes(raw[:8], "little")
    arrays = {}
    for name, one in json.loads(raw[8 : 8 + n]).items():
        start, end = one["data_offsets"]
        arrays[name] = np.frombuffer(raw[start:end]).reshape(one["shape"])
    return arrays
# %% check_read | You count data_offsets from byte n
import json


def read(raw):
    n = int.from_bytes(raw[:8], "little")
    arrays = {}
    for name, one in json.loads(raw[8 : 8 + n]).items():
        start, end = one["data_offsets"]
        arrays[name] = np.frombuffer(raw[n + start : n + end]).reshape(one["shape"])
    return arrays
# %% check_read | should be (2, 3)
import json


def read(raw):
    n = int.from_bytes(raw[:8], "little")
    arrays = {}
    for name, one in json.loads(raw[8 : 8 + n]).items():
        start, end = one["data_offsets"]
        arrays[name] = np.frombuffer(raw[8 + n + start : 8 + n + end])
    return arrays
# %% check_read | of the type that the header names
import json


def read(raw):
    n = int.from_bytes(raw[:8], "little")
    arrays = {}
    for name, one in json.loads(raw[8 : 8 + n]).items():
        start, end = one["data_offsets"]
        arrays[name] = np.frombuffer(raw[8 + n + start : 8 + n + end]).reshape(one["shape"])
    return arrays
# %% check_read | words about the file. Skip it
import json


def read(raw):
    dtypes = {"F64": "<f8", "F32": "<f4", "I64": "<i8"}
    n = int.from_bytes(raw[:8], "little")
    arrays = {}
    for name, one in json.loads(raw[8 : 8 + n]).items():
        start, end = one["data_offsets"]
        piece = raw[8 + n + start : 8 + n + end]
        arrays[name] = np.frombuffer(piece, dtypes[one["dtype"]]).reshape(one["shape"])
    return arrays
# %% check_read | and the header says F32
import json


def read(raw):
    dtypes = {"F64": "<f8", "F32": "<f4", "I64": "<i8"}
    n = int.from_bytes(raw[:8], "little")
    arrays = {}
    for name, one in json.loads(raw[8 : 8 + n]).items():
        start, end = one["data_offsets"]
        piece = raw[8 + n + start : 8 + n + end]
        array = np.frombuffer(piece, dtypes[one["dtype"]]).reshape(one["shape"])
        arrays[name] = array.astype(float)
    return arrays
# %% check_renamed | changed the dict
def renamed(weights):
    for ours, theirs in (("0", "fc1"), ("2", "fc2")):
        for kind in ("weight", "bias"):
            weights[f"{ours}.{kind}"] = weights.pop(f"{theirs}.{kind}")
    return weights
# %% check_renamed | was float64
def renamed(weights):
    layers = {"fc1": "0", "fc2": "2"}
    return {layers[n[:3]] + n[3:]: w.astype(np.float32) for n, w in weights.items()}
# %% check_renamed | The names are strings
def renamed(weights):
    return {0: weights["fc1.weight"], 2: weights["fc2.weight"]}
# %% check_converted | for three layers, and not for four
def converted(layers):
    (a, b), (c, d), (e, f) = layers
    weights = {"0.weight": a.T, "2.weight": c.T, "4.weight": e.T}
    return weights | {"0.bias": b, "2.bias": d, "4.bias": f}
# %% check_converted | took the pairs out of the list
def converted(layers):
    found, i = {}, 0
    while layers:
        kernel, found[f"{i}.bias"] = layers.pop(0)
        found[f"{i}.weight"] = kernel.T
        i += 2
    return found
# %% check_read | its entry in the header
import json


def read(raw):
    n = int.from_bytes(raw[:8], "little")
    return json.loads(raw[8 : 8 + n])
# %% check_read | an array is needed, and yours is a list
import json


def read(raw):
    n = int.from_bytes(raw[:8], "little")
    arrays = {}
    for name, one in json.loads(raw[8 : 8 + n]).items():
        start, end = one["data_offsets"]
        arrays[name] = np.frombuffer(raw[8 + n + start : 8 + n + end]).tolist()
    return arrays
# %% check_read | not by the order of the names
import json


def read(raw):
    dtypes = {"F64": "<f8", "F32": "<f4", "I64": "<i8"}
    n = int.from_bytes(raw[:8], "little")
    arrays, start = {}, 8 + n
    for name, one in json.loads(raw[8 : 8 + n]).items():
        if name != "__metadata__":
            first, last = one["data_offsets"]
            piece = raw[start : start + last - first]
            start += last - first
            arrays[name] = np.frombuffer(piece, dtypes[one["dtype"]]).reshape(one["shape"])
    return arrays
