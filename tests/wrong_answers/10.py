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
