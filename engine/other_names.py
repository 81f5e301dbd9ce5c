"""The words of `elsewhere`: for a name that is not here, what to write in its place."""

_CPU = "arrays live in the processor's memory: leave it out"
_REAL = "numbers are real here: complex ones are left out"
_DENSE = "arrays are dense here: sparse ones are left out"
_WINDOWS = "write engine.sliding_window_view(x, shape, axis)"
_ADDED = "write x + engine.scatter_add(source, x.shape, index): an index may come twice"
_SHARDS = "write nn.fit(…, parallel=nn.Parallel(executor)), which cuts each batch into shards"
_DISTANCE = "write norm(x - y + 1e-6, dim=1)"
_TRIPLET = "write relu(norm(a - p + 1e-6, dim=1) - norm(a - n + 1e-6, dim=1) + margin).mean()"
_RANKING = "write relu(margin - y * (x1 - x2)).mean()"
_COSINES = "write where(y > 0, 1 - c, relu(c - margin)).mean(), c = cosine_similarity(x1, x2)"
_CELU = "write alpha * elu(x / alpha)"
_SELU = "write 1.0507009873554805 * elu(x, 1.6732632423543772)"
_RRELU = "write leaky_relu(x, 11 / 48), which it is outside of training"
_GAUSSIAN = "write 0.5 * (log(var) + (x - y) ** 2 / var).mean()"

#: Functions that textbooks and other languages have another name for.
TEXTBOOKS = {
    "ln": "log", "lg": "log10", "tg": "tan", "arctg": "arctan", "sgn": "sign", "fabs": "abs",
}  # fmt: skip

#: What to write for a name of a module, or why there is nothing.
OF_MODULES = {
    **{name: f"write {ours}(x)" for name, ours in TEXTBOOKS.items()},
    "cot": "write 1 / tan(x)", "sec": "write 1 / cos(x)", "csc": "write 1 / sin(x)",
    # PyTorch's rooms
    "nn": "import nn", "optim": "from nn import optim", "utils": "import nn.utils, or nn.data",
    "distributions": "write the log density, with engine.lgamma; draw by engine.randn",
    "fft": _REAL, "sparse": _DENSE, "jit": "engine.compile(f)", "multiprocessing": _SHARDS,
    "distributed": _SHARDS, "special": "its functions stand in engine, as engine.erf",
    "hub": "weights come from a file: nn.load(model, path)", "backends": _CPU,
    "get_default_dtype": "Python's floats are float64", "bfloat16": "write float32 or float16",
    "complex64": _REAL, "complex128": _REAL, "complex": _REAL,
    "functional": "nn has nn.functional, engine jacobian and hessian of functions",
    "svd_lowrank": "take the first columns of engine.linalg.svd(x)",
    "pca_lowrank": "take the first columns of engine.linalg.svd(x - x.mean(axis=0))",
    "eigvals": "write engine.linalg.eigvalsh(x), for a symmetric x",
    "vector_norm": "write norm(x)", "matrix_norm": "write norm(x)", "multi_dot": "write A @ B @ C",
    "cond": "divide the first by the last of engine.linalg.svdvals(A)",
    "lu": "write engine.linalg.solve(A, b)", "cdist": "write norm(x[:, None] - y[None], axis=-1)",
    # HIPS autograd's and JAX's
    "elementwise_grad": "write grad(lambda x: f(x).sum())",
    "egrad": "write grad(lambda x: f(x).sum())", "make_vjp": "write vjp(f, x)",
    "make_jvp": "write jvp(f, (x,), (v,))", "hessian_vector_product": "write hvp(f, x, v)",
    "logspace": "write 10 ** linspace(a, b, n)", "set_printoptions": "write np.set_printoptions(…)",
    "set_num_threads": _CPU, "autocast": "numbers keep the dtype that they have: leave it out",
    "checkpoint_sequential": "write nn.Sequential(*modules, checkpoint=n), groups of n",
    "set_detect_anomaly": "engine.nan_trace(loss) finds the op",
    "detect_anomaly": "engine.nan_trace(loss) finds the op",
    "finfo": "write np.finfo(x.dtype)", "iinfo": "write np.iinfo(x.dtype)",
    "asarray": "write as_tensor(x)", "range": "write arange(a, b + 1)",
    "grad_and_value": "write value_and_grad(f), which gives the value first",
    "stack_module_state": "write {k: stack([m.state_dict()[k] for m in models]) for k in names}",
    "rnn": "to pad rows, x = full((n, longest), value) and x[i, :len(row)] = row",
    "set_rng_state": "write set_generator_state(default_generator(), state)",
    "LongTensor": "write tensor(x), or tensor(x, dtype=long)",
    "FloatTensor": "write tensor(x, dtype=float32)", "DoubleTensor": "write tensor(x)",
    "get_rng_state": "write default_generator().bit_generator.state",
    "meshgrid": "write np.meshgrid(x, y, indexing='ij')",
    "tril_indices": "write np.tril_indices(n)", "triu_indices": "write np.triu_indices(n)",
    "mode": "write np.unique(x.numpy(), …)", "var_mean": "write x.var(dim=…) and x.mean(dim=…)",
    "bucketize": "write np.searchsorted(v, x)", "std_mean": "write x.std(dim=…) and x.mean(dim=…)",
    # layers, losses, optimizers
    "Conv3d": "there are Conv1d and Conv2d", "conv3d": "there are conv1d and conv2d",
    "BatchNorm3d": "there are BatchNorm1d and BatchNorm2d", "SyncBatchNorm": "write nn.GroupNorm",
    "MaxPool3d": "there are MaxPool1d and MaxPool2d", "DataParallel": _SHARDS,
    "DistributedDataParallel": _SHARDS, "DistributedSampler": _SHARDS,
    "Transformer": "write nn.TransformerEncoder, or nn.Sequential of nn.TransformerBlock",
    "PReLU": "write where(x > 0, x, slope * x), with a Parameter slope",
    "ReLU6": "write clip(x, 0, 6)", "relu6": "write clip(x, 0, 6)",
    "Hardtanh": "write clip(x, -1, 1)", "hardtanh": "write clip(x, -1, 1)",
    "CELU": _CELU, "celu": _CELU, "SELU": _SELU, "selu": _SELU,
    "RReLU": _RRELU, "rrelu": _RRELU,
    "Softshrink": "write x - clip(x, -0.5, 0.5)", "softshrink": "write x - clip(x, -0.5, 0.5)",
    "Hardshrink": "write where(abs(x) > 0.5, x, 0.0)",
    "hardshrink": "write where(abs(x) > 0.5, x, 0.0)",
    "Threshold": "write where(x > threshold, x, value)",
    "threshold": "write where(x > threshold, x, value)",
    "SoftMarginLoss": "write softplus(-y * x).mean()",
    "soft_margin_loss": "write softplus(-y * x).mean()",
    "nanmedian": "write median(x[~isnan(x)])", "sparse_coo_tensor": _DENSE,
    "Mish": "write x * tanh(softplus(x))", "mish": "write x * tanh(softplus(x))",
    "LogSigmoid": "write nn.functional.logsigmoid(x)", "ZeroPad2d": "write nn.functional.pad(x, …)",
    "Softsign": "write x / (1 + abs(x))", "softsign": "write x / (1 + abs(x))",
    "PairwiseDistance": _DISTANCE, "pairwise_distance": _DISTANCE, "TripletMarginLoss": _TRIPLET,
    "triplet_margin_loss": _TRIPLET, "MarginRankingLoss": _RANKING, "margin_ranking_loss": _RANKING,
    "CosineEmbeddingLoss": _COSINES, "cosine_embedding_loss": _COSINES,
    "GaussianNLLLoss": _GAUSSIAN, "gaussian_nll_loss": _GAUSSIAN,
    "PoissonNLLLoss": "write (exp(x) - y * x).mean()",
    "poisson_nll_loss": "write (exp(x) - y * x).mean()",
    "HingeEmbeddingLoss": "write where(y > 0, x, relu(1 - x)).mean()",
    "hinge_embedding_loss": "write where(y > 0, x, relu(1 - x)).mean()",
    "EmbeddingBag": "write nn.Embedding, and the mean of its vectors",
    "AdaptiveAvgPool1d": "write x.mean(dim=-1, keepdim=True), for a length of 1",
    "AdaptiveMaxPool2d": "write x.amax(dim=(2, 3), keepdim=True), for a size of 1",
    "ReflectionPad2d": "write nn.functional.pad(x, …, mode='reflect')",
    "hardsigmoid": "write clip(x / 6 + 0.5, 0, 1)",
    "hardswish": "write x * clip(x / 6 + 0.5, 0, 1)", "prelu": "write where(x > 0, x, slope * x)",
    "softmin": "write softmax(-x, dim=…)",
    "glu": "write a * sigmoid(b), with a, b = x.chunk(2, dim=-1)",
    "Buffer": "write self.register_buffer(name, array)", "SparseAdam": _DENSE,
    "Adadelta": "write Adam or RMSprop", "Adamax": "write Adam",
}  # fmt: skip

#: The same of Tensors.
OF_TENSORS = {
    **{name: f"write x.{ours}()" for name, ours in TEXTBOOKS.items()},
    "cuda": _CPU, "pin_memory": _CPU, "xpu": _CPU, "get_device": _CPU, "storage": _CPU,
    "untyped_storage": _CPU, "data_ptr": _CPU, "share_memory_": _CPU, "to_sparse": _DENSE,
    "to_dense": _DENSE, "is_sparse": _DENSE, "coalesce": _DENSE, "real": _REAL, "imag": _REAL,
    "angle": _REAL, "conj": _REAL, "is_complex": _REAL, "stride": "write x.numpy().strides",
    "addmm": "write b + x @ y", "addmv": "write b + A @ x", "addcmul": "write a + value * x * y",
    "addcdiv": "write a + value * x / y", "baddbmm": "write b + x @ y",
    "addr": "write A + outer(x, y)", "lerp": "write a + weight * (b - a)",
    "rsqrt": "write 1 / sqrt(x)", "ger": "write outer(x, y)",
    "vdot": "write dot(x, y)", "dist": "write norm(x - y)", "select": "write x[:, i]",
    "narrow": "write x[:, start:start + length]", "index_add": _ADDED, "index_add_": _ADDED,
    "scatter_add_": _ADDED, "index_put_": "write x[index] = y", "index_copy_": "write x[index] = y",
    "index_fill_": "write x[index] = value", "masked_fill_": "write x[mask] = value",
    "masked_select": "write x[mask]",
    "unfold": _WINDOWS, "as_strided": _WINDOWS, "apply_": "write the formula of engine's functions",
    "map_": "write the formula of engine's functions", "unique": "write np.unique(x.numpy())",
    "bincount": "write np.bincount(x.numpy())", "histc": "write np.histogram(x.numpy())",
    "histogram": "write np.histogram(x.numpy())", "nonzero": "write np.nonzero(x.numpy())",
    "argwhere": "write np.argwhere(x.numpy())", "tobytes": "write x.numpy().tobytes()",
    "searchsorted": "write np.searchsorted(x.numpy(), v)", "tofile": "write x.numpy().tofile(…)",
    "fill_diagonal_": "write x[range(n), range(n)] = value", "t_": "write x = x.t()",
    "kthvalue": "write x.sort(dim=…), and take the k-th",
    "eig": "write engine.linalg.eigh(x), for a symmetric x",
    "detach_": "write x = x.detach()",
    "clamp_min": "write x.clamp(min=…)", "clamp_max": "write x.clamp(max=…)",
    "type_as": "write x.to(y.dtype)", "count_nonzero": "write (x != 0).sum()",
    "aminmax": "write x.amin(), x.amax()", "sgn": "write x.sign()",
    "trunc": "write x.sign() * x.abs().floor()", "fix": "write x.sign() * x.abs().floor()",
    "fmod": "write x - y * (x / y).long()", "frac": "write x - x.long()",
    "equal": "write (x == y).all()", "swapdims": "write x.swapaxes(…)",
    "diag_embed": "write engine.diag(x), of a vector", "masked_scatter": "write x[mask] = y",
    "element_size": "write x.dtype.itemsize", "itemsize": "write x.dtype.itemsize",
    "nbytes": "write x.numpy().nbytes", "unflatten": "write x.reshape(…)",
    "float_power": "write x.double() ** y", "bitwise_and": "write x & y",
    "bitwise_or": "write x | y", "bitwise_xor": "write x ^ y", "bitwise_not": "write ~x",
    "index_put": "write x[index] = y, of a clone", "new": "write x.new_zeros(…)",
    "greater": "write x > y", "less": "write x < y", "greater_equal": "write x >= y",
    "less_equal": "write x <= y", "not_equal": "write x != y", "H": "write x.mT",
    "mH": "write x.mT", "cov": "write np.cov(x)",
    "cleargrad": "write x.grad = None", "unchain": "write x.detach()",
    "unchain_backward": "write x.detach()", "at": "write y = x.copy(), then y[index] = v",
    "put": "write x[index] = v", "fill": "write x[...] = value", "flat": "write x.ravel()",
    "compress": "write x[mask]", "conjugate": _REAL, "partition": "write x.sort(axis=…)",
    "strides": "write x.numpy().strides", "is_floating_point": "write x.dtype.kind == 'f'",
    "scatter": "write x.clone().scatter_(dim, index, source)",
    "logical_not": "write ~x, of bools", "logical_and": "write x & y",
    "logical_or": "write x | y", "byte": "write x.to(engine.uint8)", "short": "write x.long()",
    "is_contiguous": _CPU, "ndimension": "write x.dim()",
    "register_post_accumulate_grad_hook": "write x.register_hook(function)",
}  # fmt: skip

#: And of modules of nn.
OF_LAYERS = {
    "cuda": _CPU, "xpu": _CPU, "to_empty": _CPU, "share_memory": _CPU,
    "bfloat16": "write model.to(engine.float32)",
    "compile": "engine.compile(model)",
    "get_parameter": "write dict(model.named_parameters())[name]",
}  # fmt: skip
