"""Language models by letters: bigram.py, gpt.py, and the models of makemore.py."""

import math

from ported.brought.tutorials import start

TEXT = (
    "First the sun, then the moon; first the moon, then the sun.\nWhat came first came last. " * 3
)
CHARS = sorted(set(TEXT))


def batches_of(torch, draw, batch_size=4, block_size=8):
    stoi = {ch: i for i, ch in enumerate(CHARS)}
    data = torch.tensor([stoi[c] for c in TEXT], dtype=torch.long)
    n = int(0.9 * len(data))
    train_data, val_data = data[:n], data[n:]

    def get_batch(split):
        data = train_data if split == "train" else val_data
        ix = torch.tensor(draw.randint(0, len(data) - block_size, (batch_size,)))
        x = torch.stack([data[i : i + block_size] for i in ix])
        y = torch.stack([data[i + 1 : i + block_size + 1] for i in ix])
        x, y = x.to("cpu"), y.to("cpu")
        return x, y

    return get_batch


def estimator_of(torch, model, get_batch, eval_iters=2):
    @torch.no_grad()
    def estimate_loss():
        out = {}
        model.eval()
        for split in ["train", "val"]:
            losses = torch.zeros(eval_iters)
            for k in range(eval_iters):
                X, Y = get_batch(split)
                _, loss = model(X, Y)
                losses[k] = loss.item()
            out[split] = losses.mean()
        model.train()
        return out

    return estimate_loss


def bigram(torch, nn, F, optim, draw):
    torch.manual_seed(1337)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    vocab_size = len(CHARS)
    get_batch = batches_of(torch, draw)

    class BigramLanguageModel(nn.Module):
        def __init__(self, vocab_size):
            super().__init__()
            self.token_embedding_table = nn.Embedding(vocab_size, vocab_size)

        def forward(self, idx, targets=None):
            logits = self.token_embedding_table(idx)
            if targets is None:
                loss = None
            else:
                B, T, C = logits.shape
                logits = logits.view(B * T, C)
                targets = targets.view(B * T)
                loss = F.cross_entropy(logits, targets)
            return logits, loss

        def generate(self, idx, max_new_tokens):
            for _ in range(max_new_tokens):
                logits, _ = self(idx)
                logits = logits[:, -1, :]
                probs = F.softmax(logits, dim=-1)
                idx_next = torch.multinomial(probs, num_samples=1)
                idx = torch.cat((idx, idx_next), dim=1)
            return idx

    model = BigramLanguageModel(vocab_size)
    start(torch, model, draw)
    m = model.to(device)
    optimizer = optim.AdamW(model.parameters(), lr=1e-2)
    estimate_loss = estimator_of(torch, model, get_batch)
    history = []
    for it in range(12):
        if it % 4 == 0:
            losses = estimate_loss()
            history.append([losses["train"].item(), losses["val"].item()])
        xb, yb = get_batch("train")
        _, loss = model(xb, yb)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
    context = torch.zeros((1, 1), dtype=torch.long, device=device)
    tokens = m.generate(context, max_new_tokens=5)[0].tolist()
    return {
        "history": history, "loss": loss.item(), "table": model.token_embedding_table.weight,
        "text": len("".join(CHARS[i] for i in tokens)), "training": model.training,
    }  # fmt: skip


def gpt(torch, nn, F, optim, draw):
    block_size, n_embd, n_head, n_layer, dropout = 8, 12, 3, 2, 0.0
    vocab_size = len(CHARS)
    device = "cpu"
    get_batch = batches_of(torch, draw)

    class Head(nn.Module):
        """One head of self-attention."""

        def __init__(self, head_size):
            super().__init__()
            self.key = nn.Linear(n_embd, head_size, bias=False)
            self.query = nn.Linear(n_embd, head_size, bias=False)
            self.value = nn.Linear(n_embd, head_size, bias=False)
            self.register_buffer("tril", torch.tril(torch.ones(block_size, block_size)))
            self.dropout = nn.Dropout(dropout)

        def forward(self, x):
            B, T, C = x.shape
            k = self.key(x)
            q = self.query(x)
            wei = q @ k.transpose(-2, -1) * k.shape[-1] ** -0.5
            wei = wei.masked_fill(self.tril[:T, :T] == 0, float("-inf"))
            wei = F.softmax(wei, dim=-1)
            wei = self.dropout(wei)
            return wei @ self.value(x)

    class MultiHeadAttention(nn.Module):
        def __init__(self, num_heads, head_size):
            super().__init__()
            self.heads = nn.ModuleList([Head(head_size) for _ in range(num_heads)])
            self.proj = nn.Linear(head_size * num_heads, n_embd)
            self.dropout = nn.Dropout(dropout)

        def forward(self, x):
            out = torch.cat([h(x) for h in self.heads], dim=-1)
            return self.dropout(self.proj(out))

    class FeedForward(nn.Module):
        def __init__(self, n_embd):
            super().__init__()
            self.net = nn.Sequential(
                nn.Linear(n_embd, 4 * n_embd),
                nn.ReLU(),
                nn.Linear(4 * n_embd, n_embd),
                nn.Dropout(dropout),
            )

        def forward(self, x):
            return self.net(x)

    class Block(nn.Module):
        def __init__(self, n_embd, n_head):
            super().__init__()
            self.sa = MultiHeadAttention(n_head, n_embd // n_head)
            self.ffwd = FeedForward(n_embd)
            self.ln1 = nn.LayerNorm(n_embd)
            self.ln2 = nn.LayerNorm(n_embd)

        def forward(self, x):
            x = x + self.sa(self.ln1(x))
            x = x + self.ffwd(self.ln2(x))
            return x

    class GPTLanguageModel(nn.Module):
        def __init__(self):
            super().__init__()
            self.token_embedding_table = nn.Embedding(vocab_size, n_embd)
            self.position_embedding_table = nn.Embedding(block_size, n_embd)
            self.blocks = nn.Sequential(*[Block(n_embd, n_head=n_head) for _ in range(n_layer)])
            self.ln_f = nn.LayerNorm(n_embd)
            self.lm_head = nn.Linear(n_embd, vocab_size)
            self.apply(self._init_weights)

        def _init_weights(self, module):
            if isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, mean=0.0, std=0.02)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
            elif isinstance(module, nn.Embedding):
                nn.init.normal_(module.weight, mean=0.0, std=0.02)

        def forward(self, idx, targets=None):
            B, T = idx.shape
            tok_emb = self.token_embedding_table(idx)
            pos_emb = self.position_embedding_table(torch.arange(T, device=device))
            x = self.ln_f(self.blocks(tok_emb + pos_emb))
            logits = self.lm_head(x)
            if targets is None:
                return logits, None
            B, T, C = logits.shape
            return logits, F.cross_entropy(logits.view(B * T, C), targets.view(B * T))

        def generate(self, idx, max_new_tokens):
            for _ in range(max_new_tokens):
                idx_cond = idx[:, -block_size:]
                logits, _ = self(idx_cond)
                probs = F.softmax(logits[:, -1, :], dim=-1)
                idx_next = torch.multinomial(probs, num_samples=1)
                idx = torch.cat((idx, idx_next), dim=1)
            return idx

    model = GPTLanguageModel()
    m = model.to(device)
    zeros = (m.lm_head.bias == 0).all().item()
    state = model.state_dict()
    for k, x in state.items():
        if "tril" not in k:
            state[k] = torch.tensor(0.3 * draw.randn(*x.shape) + ("ln" in k and "weight" in k))
    model.load_state_dict(state)
    optimizer = optim.AdamW(model.parameters(), lr=3e-3)
    estimate_loss = estimator_of(torch, model, get_batch)
    losses = []
    for it in range(8):
        if it % 4 == 0:
            estimate = estimate_loss()
            losses.append(estimate["val"].item())
        xb, yb = get_batch("train")
        _, loss = model(xb, yb)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    tokens = m.generate(torch.zeros((1, 1), dtype=torch.long, device=device), 10)[0].tolist()
    return {
        "losses": losses, "zeros": zeros, "tokens": len(tokens),
        "count": sum(p.numel() for p in m.parameters()), "head": model.lm_head.weight,
        "names": list(model.state_dict()), "ln": model.ln_f.weight,
    }  # fmt: skip


def words_by_gpt(torch, nn, F, optim, draw):
    """makemore.py's Transformer: one matrix for all heads, a dict of modules, sampling by top k."""
    n_embd, n_head, block_size, vocab_size = 8, 2, 6, 10

    class NewGELU(nn.Module):
        def forward(self, x):
            inner = math.sqrt(2.0 / math.pi) * (x + 0.044715 * torch.pow(x, 3.0))
            return 0.5 * x * (1.0 + torch.tanh(inner))

    class CausalSelfAttention(nn.Module):
        def __init__(self):
            super().__init__()
            assert n_embd % n_head == 0
            self.c_attn = nn.Linear(n_embd, 3 * n_embd)
            self.c_proj = nn.Linear(n_embd, n_embd)
            self.register_buffer(
                "bias",
                torch.tril(torch.ones(block_size, block_size)).view(1, 1, block_size, block_size),
            )

        def forward(self, x):
            B, T, C = x.size()
            q, k, v = self.c_attn(x).split(n_embd, dim=2)
            k = k.view(B, T, n_head, C // n_head).transpose(1, 2)
            q = q.view(B, T, n_head, C // n_head).transpose(1, 2)
            v = v.view(B, T, n_head, C // n_head).transpose(1, 2)
            att = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
            att = att.masked_fill(self.bias[:, :, :T, :T] == 0, float("-inf"))
            att = F.softmax(att, dim=-1)
            y = att @ v
            y = y.transpose(1, 2).contiguous().view(B, T, C)
            return self.c_proj(y)

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.ln_1 = nn.LayerNorm(n_embd)
            self.attn = CausalSelfAttention()
            self.ln_2 = nn.LayerNorm(n_embd)
            self.mlp = nn.ModuleDict(
                dict(
                    c_fc=nn.Linear(n_embd, 4 * n_embd),
                    c_proj=nn.Linear(4 * n_embd, n_embd),
                    act=NewGELU(),
                )
            )
            m = self.mlp
            self.mlpf = lambda x: m.c_proj(m.act(m.c_fc(x)))

        def forward(self, x):
            x = x + self.attn(self.ln_1(x))
            return x + self.mlpf(self.ln_2(x))

    class Transformer(nn.Module):
        def __init__(self):
            super().__init__()
            self.transformer = nn.ModuleDict(
                dict(
                    wte=nn.Embedding(vocab_size, n_embd),
                    wpe=nn.Embedding(block_size, n_embd),
                    h=nn.ModuleList([Block() for _ in range(2)]),
                    ln_f=nn.LayerNorm(n_embd),
                )
            )
            self.lm_head = nn.Linear(n_embd, vocab_size, bias=False)

        def forward(self, idx, targets=None):
            device = idx.device
            b, t = idx.size()
            pos = torch.arange(0, t, dtype=torch.long, device=device).unsqueeze(0)
            x = self.transformer.wte(idx) + self.transformer.wpe(pos)
            for block in self.transformer.h:
                x = block(x)
            logits = self.lm_head(self.transformer.ln_f(x))
            loss = None
            if targets is not None:
                loss = F.cross_entropy(
                    logits.view(-1, logits.size(-1)), targets.view(-1), ignore_index=-1
                )
            return logits, loss

    model = Transformer()
    state = model.state_dict()
    for k, x in state.items():
        if not k.endswith("attn.bias"):
            state[k] = torch.tensor(0.3 * draw.randn(*x.shape) + ("ln_" in k and "weight" in k))
    model.load_state_dict(state)
    optimizer = optim.AdamW(
        model.parameters(), lr=5e-3, weight_decay=0.01, betas=(0.9, 0.99), eps=1e-8
    )
    losses = []
    for _ in range(6):
        X = torch.tensor(draw.randint(0, vocab_size, (4, block_size)))
        Y = torch.tensor(draw.randint(-1, vocab_size, (4, block_size)))
        logits, loss = model(X, Y)
        model.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    model.eval()
    with torch.no_grad():
        idx = torch.zeros(3, 1, dtype=torch.long)
        logits, _ = model(idx)
        logits = logits[:, -1, :] / 0.8
        v, _ = torch.topk(logits, 4)
        logits[logits < v[:, [-1]]] = -float("Inf")
        probs = F.softmax(logits, dim=-1)
        _, best = torch.topk(probs, k=1, dim=-1)
        idx = torch.cat((idx, best, torch.multinomial(probs, num_samples=1)), dim=1)
    return {"losses": losses, "probs": probs, "idx": idx[:, :2], "fc": model.lm_head.weight}


def words_by_rnn(torch, nn, F, optim, draw):
    """makemore.py's RNN and GRU: cells written out, unrolled over time, and its bag of words."""
    n_embd, vocab_size, block_size = 6, 10, 5

    class RNNCell(nn.Module):
        def __init__(self):
            super().__init__()
            self.xh_to_h = nn.Linear(2 * n_embd, n_embd)

        def forward(self, xt, hprev):
            xh = torch.cat([xt, hprev], dim=1)
            return F.tanh(self.xh_to_h(xh))

    class GRUCell(nn.Module):
        def __init__(self):
            super().__init__()
            self.xh_to_z = nn.Linear(2 * n_embd, n_embd)
            self.xh_to_r = nn.Linear(2 * n_embd, n_embd)
            self.xh_to_hbar = nn.Linear(2 * n_embd, n_embd)

        def forward(self, xt, hprev):
            xh = torch.cat([xt, hprev], dim=1)
            r = F.sigmoid(self.xh_to_r(xh))
            hbar = F.tanh(self.xh_to_hbar(torch.cat([xt, r * hprev], dim=1)))
            z = F.sigmoid(self.xh_to_z(xh))
            return (1 - z) * hprev + z * hbar

    class RNN(nn.Module):
        def __init__(self, cell):
            super().__init__()
            self.start = nn.Parameter(torch.zeros(1, n_embd))
            self.wte = nn.Embedding(vocab_size, n_embd)
            self.cell = cell
            self.lm_head = nn.Linear(n_embd, vocab_size)

        def forward(self, idx, targets=None):
            b, t = idx.size()
            emb = self.wte(idx)
            hprev = self.start.expand((b, -1))
            hiddens = []
            for i in range(t):
                xt = emb[:, i, :]
                ht = self.cell(xt, hprev)
                hprev = ht
                hiddens.append(ht)
            hidden = torch.stack(hiddens, 1)
            logits = self.lm_head(hidden)
            loss = None
            if targets is not None:
                loss = F.cross_entropy(
                    logits.view(-1, logits.size(-1)), targets.view(-1), ignore_index=-1
                )
            return logits, loss

    class CausalBoW(nn.Module):
        def __init__(self):
            super().__init__()
            self.block_size = block_size
            self.register_buffer(
                "bias",
                torch.tril(torch.ones(block_size, block_size)).view(1, block_size, block_size),
            )

        def forward(self, x):
            B, T, C = x.size()
            att = torch.zeros((B, T, T), device=x.device)
            att = att.masked_fill(self.bias[:, :T, :T] == 0, float("-inf"))
            att = F.softmax(att, dim=-1)
            return att @ x

    results = {}
    for name, cell in (("rnn", RNNCell()), ("gru", GRUCell())):
        model = RNN(cell)
        start(torch, model, draw)
        optimizer = optim.AdamW(model.parameters(), lr=1e-2, weight_decay=0.01, betas=(0.9, 0.99))
        losses = []
        for _ in range(5):
            X = torch.tensor(draw.randint(0, vocab_size, (4, block_size)))
            Y = torch.tensor(draw.randint(-1, vocab_size, (4, block_size)))
            _, loss = model(X, Y)
            model.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            losses.append(loss.item())
        results[name] = losses
        results[name + " start"] = model.start
    bag = CausalBoW()(torch.tensor(draw.randn(2, block_size, 3)))
    return {**results, "bag": bag}
