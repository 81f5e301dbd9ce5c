"""Wrong answers to the exercises of notebook 10, and what the hint has to say."""


# %% check_probabilities | All numbers together sum to 1
def probabilities(counts):
    return (counts + 1) / (counts + 1).sum()


# %% check_probabilities | Your columns sum to 1
def probabilities(counts):
    return (counts + 1) / (counts + 1).sum(axis=0)


# %% check_probabilities | keepdims=True
def probabilities(counts):
    return (counts + 1) / (counts + 1).sum(axis=1)


# %% check_probabilities | so its row is 0/0
def probabilities(counts):
    with np.errstate(invalid="ignore"):
        return counts / counts.sum(axis=1, keepdims=True)


# %% check_probabilities | changed the counts
def probabilities(counts):
    counts += 1
    return counts / counts.sum(axis=1, keepdims=True)


# %% check_temperature | do not multiply
def with_temperature(logits, temperature):
    scaled = logits * temperature
    e = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


# %% check_temperature | inside the softmax
def with_temperature(logits, temperature):
    e = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True) / temperature


# %% check_temperature | subtracted from all of them
def with_temperature(logits, temperature):
    with np.errstate(all="ignore"):
        e = np.exp(logits / temperature)
        return e / e.sum(axis=-1, keepdims=True)


# %% check_temperature | each row should sum to 1
def with_temperature(logits, temperature):
    e = np.exp(logits / temperature - (logits / temperature).max())
    return e / e.sum()


# %% check_attention | nothing is masked
def attention(q, k, v):
    e = np.exp(q @ k.T / np.sqrt(q.shape[1]))
    return e / e.sum(axis=1, keepdims=True) @ v


# %% check_attention | look at what comes after
def attention(q, k, v):
    scores = q @ k.T / np.sqrt(q.shape[1])
    e = np.exp(np.where(np.tri(len(q), dtype=bool).T, scores, -np.inf))
    return e / e.sum(axis=1, keepdims=True) @ v


# %% check_attention | not scaled
def attention(q, k, v):
    e = np.exp(np.where(np.tri(len(q), dtype=bool), q @ k.T, -np.inf))
    return e / e.sum(axis=1, keepdims=True) @ v


# %% check_attention | before the softmax (as -inf), not after
def attention(q, k, v):
    e = np.exp(q @ k.T / np.sqrt(q.shape[1]))
    return e / e.sum(axis=1, keepdims=True) * np.tri(len(q)) @ v


# %% check_attention | exp(0) is 1
def attention(q, k, v):
    e = np.exp(q @ k.T / np.sqrt(q.shape[1]) * np.tri(len(q)))
    return e / e.sum(axis=1, keepdims=True) @ v


# %% check_attention | axis=-1
def attention(q, k, v):
    scores = q @ k.T / np.sqrt(q.shape[1])
    e = np.exp(np.where(np.tri(len(q), dtype=bool), scores, -np.inf))
    return e / e.sum(axis=0) @ v


# %% check_attention | changed places
def attention(q, k, v):
    scores = k @ q.T / np.sqrt(q.shape[1])
    e = np.exp(np.where(np.tri(len(q), dtype=bool), scores, -np.inf))
    return e / e.sum(axis=1, keepdims=True) @ v


# %% check_attention | not for 16
def attention(q, k, v):
    scores = q @ k.T / np.sqrt(3)
    e = np.exp(np.where(np.tri(len(q), dtype=bool), scores, -np.inf))
    return e / e.sum(axis=1, keepdims=True) @ v


# %% check_probabilities | add one to each count before you take the sum
def probabilities(counts):
    with np.errstate(divide="ignore"):
        return (counts + 1) / counts.sum(axis=1, keepdims=True)


# %% check_probabilities | need not have 27 columns
def probabilities(counts):
    return (counts + 1) / (counts.sum(axis=1, keepdims=True) + 27)


# %% check_probabilities | Does it print
def probabilities(counts):
    more = counts + 1
    print(more / more.sum(axis=1, keepdims=True))


# %% check_temperature | changes nothing
def with_temperature(logits, temperature):
    e = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


# %% check_temperature | its own largest logit
def with_temperature(logits, temperature):
    e = np.exp((logits - logits.max()) / temperature)
    return e / e.sum(axis=-1, keepdims=True)


# %% check_temperature | Subtract the largest after the division
def with_temperature(logits, temperature):
    e = np.exp(logits / temperature - logits.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


# %% check_temperature | changed the logits
def with_temperature(logits, temperature):
    logits /= temperature
    e = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


# %% check_temperature | are odds of 1 : 3
def with_temperature(logits, temperature):
    e = np.exp(np.minimum(logits / temperature, 700))
    return e / e.sum(axis=-1, keepdims=True)


# %% check_attention | by the width, and not by its root
def attention(q, k, v):
    e = np.tri(len(q)) * np.exp(q @ k.T / q.shape[1])
    return e / e.sum(axis=1, keepdims=True) @ v


# %% check_attention | the root of the number of places
def attention(q, k, v):
    e = np.tri(len(q)) * np.exp(q @ k.T / np.sqrt(len(q)))
    return e / e.sum(axis=1, keepdims=True) @ v


# %% check_attention | the root of the width of v
def attention(q, k, v):
    e = np.tri(len(q)) * np.exp(q @ k.T / np.sqrt(v.shape[1]))
    return e / e.sum(axis=1, keepdims=True) @ v


# %% check_attention | You multiplied by the root
def attention(q, k, v):
    e = np.tri(len(q)) * np.exp(q @ k.T * np.sqrt(q.shape[1]))
    return e / e.sum(axis=1, keepdims=True) @ v


# %% check_attention | Two things are missing
def attention(q, k, v):
    e = np.exp(q @ k.T)
    return e / e.sum(axis=1, keepdims=True) @ v


# %% check_attention | one place too late
def attention(q, k, v):
    e = np.tri(len(q), k=1) * np.exp(q @ k.T / np.sqrt(q.shape[1]))
    return e / e.sum(axis=1, keepdims=True) @ v


# %% check_attention | divide them by the sum of their row
def attention(q, k, v):
    return np.tri(len(q)) * np.exp(q @ k.T / np.sqrt(q.shape[1])) @ v


# %% check_attention | the softmax is missing
def attention(q, k, v):
    return np.tri(len(q)) * (q @ k.T / np.sqrt(q.shape[1])) @ v


# %% check_attention | changed an array
def attention(q, k, v):
    q /= np.sqrt(q.shape[1])
    e = np.tri(len(q)) * np.exp(q @ k.T)
    return e / e.sum(axis=1, keepdims=True) @ v
