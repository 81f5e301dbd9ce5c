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
