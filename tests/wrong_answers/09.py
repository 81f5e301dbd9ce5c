# %% check_count | Each filter has a bias too
def parameters(channels, filters, size):
    return channels * filters * size * size
# %% check_count | for every channel of its input
def parameters(channels, filters, size):
    return filters * (size * size + 1)
# %% check_count | a filter has a single one
def parameters(channels, filters, size):
    return filters * channels * (size**2 + 1)
# %% check_count | and nn.Conv2d has
def parameters(channels, filters, size):
    return (channels * size**2 + 1) * filters * 8 * 8
# %% check_softmax | exp(1000) is inf
def stable_softmax(scores):
    powers = np.exp(scores)
    return powers / powers.sum(axis=1, keepdims=True)
# %% check_softmax | each row should
def stable_softmax(scores):
    powers = np.exp(scores - scores.max())
    return powers / powers.sum()
# %% check_softmax | not of the whole array
def stable_softmax(scores):
    powers = np.exp(scores - scores.max())
    return powers / powers.sum(axis=1, keepdims=True)
# %% check_softmax | each should sum to 1
def stable_softmax(scores):
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=0)
# %% check_softmax | not exp(scores) / sum
def stable_softmax(scores):
    return scores / scores.sum(axis=1, keepdims=True) if scores.all() else np.ones_like(scores) / scores.shape[1]
# %% check_gradient | softmax alone
def cross_entropy_gradient(scores, labels):
    return softmax(scores) / len(scores)
# %% check_gradient | The sign is wrong
def cross_entropy_gradient(scores, labels):
    return (np.eye(scores.shape[1])[labels] - softmax(scores)) / len(labels)
# %% check_gradient | the loss is the mean
def cross_entropy_gradient(scores, labels):
    return softmax(scores) - np.eye(scores.shape[1])[labels]
# %% check_gradient | is not softmax minus one-hot
def cross_entropy_gradient(scores, labels):
    return (scores - np.eye(scores.shape[1])[labels]) / len(labels)
# %% check_gradient | changes the scores it is given
def cross_entropy_gradient(scores, labels):
    scores -= scores.max(axis=1, keepdims=True)
    return (softmax(scores) - np.eye(scores.shape[1])[labels]) / len(labels)
# %% check_gradient | has that shape
def cross_entropy_gradient(scores, labels):
    return (softmax(scores)[np.arange(len(labels)), labels] - 1) / len(labels)
# %% check_convolve | where the whole kernel fits
def convolve(image, kernel):
    h, w = kernel.shape
    rows, columns = image.shape[0] - h, image.shape[1] - w
    return [[(image[i:i + h, j:j + w] * kernel).sum() for j in range(columns)] for i in range(rows)]
# %% check_convolve | You flip the kernel
def convolve(image, kernel):
    h, w = kernel.shape
    result = np.zeros((image.shape[0] - h + 1, image.shape[1] - w + 1))
    for i in range(result.shape[0]):
        for j in range(result.shape[1]):
            result[i, j] = (image[i:i + h, j:j + w] * kernel[::-1, ::-1]).sum()
    return result
# %% check_convolve | the last row or column
def convolve(image, kernel):
    h, w = kernel.shape
    result = np.zeros((image.shape[0] - h + 1, image.shape[1] - w + 1))
    for i in range(image.shape[0] - h):
        for j in range(image.shape[1] - w):
            result[i, j] = (image[i:i + h, j:j + w] * kernel).sum()
    return result
# %% check_convolve | the sum of window
def convolve(image, kernel):
    h, w = kernel.shape
    result = np.zeros((image.shape[0] - h + 1, image.shape[1] - w + 1))
    for i in range(result.shape[0]):
        for j in range(result.shape[1]):
            result[i, j] = (image[i:i + h, j:j + w] * kernel).mean()
    return result
# %% check_nudge | Go where the loss grows
def nudge(model, image, label, size):
    x = Tensor(image, requires_grad=True)
    F.cross_entropy(model(x), label).backward()
    return image - size * np.sign(x.grad)
# %% check_nudge | by the gradient itself
def nudge(model, image, label, size):
    x = Tensor(image, requires_grad=True)
    F.cross_entropy(model(x), label).backward()
    return image + size * x.grad
# %% check_nudge | some in the wrong direction
def nudge(model, image, label, size):
    x = Tensor(image, requires_grad=True)
    model(x)[label].backward()
    return image + size * np.sign(x.grad)
# %% check_nudge | each should move by 0.1
def nudge(model, image, label, size):
    x = Tensor(image, requires_grad=True)
    F.cross_entropy(model(x), label).backward()
    return image + np.sign(x.grad)
# %% check_nudge | No pixel has moved
def nudge(model, image, label, size):
    x = Tensor(image, requires_grad=True)
    F.cross_entropy(model(x), label).backward()
    return image
# %% check_nudge | changes the image it is given
def nudge(model, image, label, size):
    x = Tensor(image, requires_grad=True)
    F.cross_entropy(model(x), label).backward()
    image += size * np.sign(x.grad)
    return image
# %% check_count | size rows and size columns
def parameters(channels, filters, size):
    return channels * filters * size + filters
# %% check_count | as many as filters
def parameters(channels, filters, size):
    return channels * filters * size * size + channels
# %% check_count | as many as filters
def parameters(channels, filters, size):
    return channels * filters * size * size + 1
# %% check_count | for every channel
def parameters(channels, filters, size):
    return filters * size * size
# %% check_count | a filter has a single bias
def parameters(channels, filters, size):
    return filters * channels * size * size + filters*size*size
# %% check_count | a single number
def parameters(channels, filters, size):
    return [channels*filters*size*size, filters]
# %% check_softmax | no exponent is above 0
def stable_softmax(scores):
    e = np.exp(scores - scores.min(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
# %% check_softmax | no exponent is above 0
def stable_softmax(scores):
    e = np.exp(scores - scores.mean(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
# %% check_softmax | Subtract each row's largest
def stable_softmax(scores):
    return [[math.exp(s)/sum(math.exp(t) for t in row) for s in row] for row in scores]
# %% check_softmax | what you subtract is too large
def stable_softmax(scores):
    e = np.exp(scores - 1000)
    return e / e.sum(axis=1, keepdims=True)
# %% check_softmax | probabilities are not
def stable_softmax(scores):
    m = scores.max(axis=1, keepdims=True)
    return scores - m - np.log(np.exp(scores - m).sum(axis=1, keepdims=True))
# %% check_softmax | mind the sign in the exponent
def stable_softmax(scores):
    e = np.exp(scores.max(axis=1, keepdims=True) - scores)
    return e / e.sum(axis=1, keepdims=True)
# %% check_softmax | the same for a whole row
def stable_softmax(scores):
    e = np.exp(scores - scores.max(axis=0, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
# %% check_gradient | Each row has one label
def cross_entropy_gradient(scores, labels):
    g = softmax(scores)
    g[:, labels] -= 1
    return g / len(labels)
# %% check_gradient | the class numbers themselves
def cross_entropy_gradient(scores, labels):
    return (softmax(scores) - labels[:, None]) / len(labels)
# %% check_gradient | not by the number of classes
def cross_entropy_gradient(scores, labels):
    return (softmax(scores) - np.eye(scores.shape[1])[labels]) / scores.shape[1]
# %% check_gradient | Only one-hot is divided
def cross_entropy_gradient(scores, labels):
    return softmax(scores) - np.eye(scores.shape[1])[labels] / len(labels)
# %% check_gradient | Only softmax is divided
def cross_entropy_gradient(scores, labels):
    return softmax(scores) / len(labels) - np.eye(scores.shape[1])[labels]
# %% check_gradient | one-hot alone
def cross_entropy_gradient(scores, labels):
    return -np.eye(scores.shape[1])[labels] / len(labels)
# %% check_gradient | through softmax
def cross_entropy_gradient(scores, labels):
    p = softmax(scores)
    g = np.zeros_like(p)
    g[np.arange(len(labels)), labels] = -1 / p[np.arange(len(labels)), labels]
    return g / len(labels)
# %% check_gradient | along each row
def cross_entropy_gradient(scores, labels):
    return (softmax(scores, 0) - np.eye(scores.shape[1])[labels]) / len(labels)
# %% check_gradient | changes the labels
def cross_entropy_gradient(scores, labels):
    g = softmax(scores)
    g[range(len(labels)), labels] -= 1
    labels += 1
    return g / len(labels)
# %% check_convolve | could not be broadcast
def convolve(image, kernel):
    H, W = image.shape; h, w = kernel.shape
    out = np.zeros((H-h+1, W-w+1))
    for i in range(H-h+1):
        for j in range(W-w+1):
            out[i, j] = (image[j:j+h, i:i+w]*kernel).sum()
    return out
# %% check_convolve | yours gives shape (5, 3)
def convolve(image, kernel):
    H, W = image.shape; h, w = kernel.shape
    return [[(image[i:i+h, j:j+w]*kernel).sum() for i in range(H-h+1)] for j in range(W-w+1)]
# %% check_convolve | only the first row
def convolve(image, kernel):
    H, W = image.shape; h, w = kernel.shape
    out = np.zeros((H-h+1, W-w+1))
    for i in range(H-h+1):
        for j in range(W-w+1):
            out[i, j] = (image[i:i+h, j:j+w]*kernel).sum()
        return out
# %% check_convolve | changes the image
def convolve(image, kernel):
    H, W = image.shape; h, w = kernel.shape
    out = np.zeros((H-h+1, W-w+1))
    for i in range(H-h+1):
        for j in range(W-w+1):
            window = image[i:i+h, j:j+w]
            window *= kernel
            out[i, j] = window.sum()
    return out
# %% check_convolve | the sum of window
def convolve(image, kernel):
    H, W = image.shape; h, w = kernel.shape
    out = np.zeros((H-h+1, W-w+1)); total = 0
    for i in range(H-h+1):
        for j in range(W-w+1):
            for a in range(h):
                for b in range(w):
                    total += image[i+a, j+b]*kernel[a, b]
            out[i, j] = total
    return out
# %% check_nudge | each should move by 0.1
def nudge(model, image, label, size):
    x = Tensor(image, requires_grad=True)
    F.cross_entropy(model(x), label).backward()
    return image + size * x.grad / np.abs(x.grad).max()
# %% check_nudge | add it to the image
def nudge(model, image, label, size):
    x = Tensor(image, requires_grad=True)
    F.cross_entropy(model(x), label).backward()
    return size * np.sign(x.grad)
# %% check_nudge | requires_grad=True
def nudge(model, image, label, size):
    x = Tensor(image)
    F.cross_entropy(model(x), label).backward()
    return image + size * np.sign(x.grad)
# %% check_nudge | some in the wrong direction
def nudge(model, image, label, size):
    return image + size * np.random.default_rng(0).choice([-1, 1], 64)

# %% check_softmax | without engine.softmax
def stable_softmax(scores):
    return engine.softmax(scores, axis=1)

# %% check_softmax | without engine.softmax
stable_softmax = lambda scores: F.softmax(scores, dim=1)
