"""From examples to tensors: augmentation, windows, and the pairs to be scored."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mapper.encode import (
    LEAD_WORDS,
    RANK_CLASS,
    ROLES,
    SAME_BEFORE,
    TAG_HEADS,
    Pieces,
    near_targets,
    pair_features,
    ranks,
    windows,
)
from training.corpora import UNKNOWN, Example

LOWER, UPPER, SWAP = 0.08, 0.06, 0.25
MASKED = 0.06
"""Share of pieces hidden in training, in place of dropout."""


@dataclass
class Prepared:
    """An example with what does not change between epochs, as arrays."""

    example: Example
    tags: np.ndarray  # (words, tag heads)
    link: np.ndarray  # (7, pairs): trigger, target, distance, sentence, rank, lead, relation
    same: np.ndarray  # (5, pairs): trigger, trigger, distance, sentence, label
    size: int  # words


@dataclass
class Batch:
    """Tensors of one step; word indices are over all words of the batch."""

    ids: Tensor
    types: Tensor
    mask: Tensor
    first: Tensor
    tags: Tensor
    word_weight: Tensor
    place_weight: Tensor
    roles: Tensor  # (4, n): start, end, role, unused
    triggers: Tensor  # (5, n): start, end, kind, modality, background
    trigger_weight: Tensor
    targets: Tensor  # (3, n): start, end, label
    link: Tensor
    link_weight: Tensor
    same: Tensor
    words: int


def prepare(example: Example) -> Prepared:
    """Compute the pairs and their features once."""
    targets, triggers = example.targets, example.triggers
    order = sorted(range(len(targets)), key=lambda j: (targets[j].start, targets[j].end))
    ordered = np.array(order, dtype=np.int64)
    starts = np.array([targets[j].start for j in order], dtype=np.int64)
    ends = np.array([targets[j].end for j in order], dtype=np.int64)
    labels = np.array([targets[j].label for j in order], dtype=np.int64)
    sents = np.array([example.sentence[a] for a in starts], dtype=np.int64)
    lead = int(np.searchsorted(starts, LEAD_WORDS))
    link: list[np.ndarray] = []
    if example.linked and len(targets):
        for i, trigger in enumerate(triggers):
            row = (trigger.start, trigger.end)
            chosen = near_targets(row, starts, lead)
            f = pair_features(
                row,
                starts[chosen],
                ends[chosen],
                sents[chosen],
                example.sentence[trigger.start],
                ranks(row, starts[chosen], RANK_CLASS[labels[chosen]]),
            )
            relation = [example.relations.get((i, int(j)), 0) for j in ordered[chosen]]
            link.append(
                np.stack(
                    [
                        np.full(len(chosen), i),
                        ordered[chosen],
                        f.distance,
                        f.sentence,
                        f.rank,
                        f.lead,
                        np.array(relation, dtype=np.int64),
                    ]
                )
            )
    same: list[np.ndarray] = []
    known = [i for i, t in enumerate(triggers) if t.incidents]
    known.sort(key=lambda i: triggers[i].start)
    for at, i in enumerate(known):
        before = [j for j in known[:at] if triggers[j].start >= triggers[i].start - SAME_BEFORE]
        if not before:
            continue
        f = pair_features(
            (triggers[i].start, triggers[i].end),
            np.array([triggers[j].start for j in before]),
            np.array([triggers[j].end for j in before]),
            np.array([example.sentence[triggers[j].start] for j in before]),
            example.sentence[triggers[i].start],
            np.zeros(len(before), dtype=np.int64),
        )
        label = [int(bool(triggers[i].incidents & triggers[j].incidents)) for j in before]
        same.append(
            np.stack(
                [np.full(len(before), i), np.array(before), f.distance, f.sentence, np.array(label)]
            )
        )
    return Prepared(
        example,
        np.stack([example.tags[h] for h in TAG_HEADS], axis=1),
        np.concatenate(link, axis=1) if link else np.zeros((7, 0), dtype=np.int64),
        np.concatenate(same, axis=1) if same else np.zeros((5, 0), dtype=np.int64),
        len(example.tokens),
    )


def augmented(example: Example, names: dict[int, list[list[str]]], rng: random.Random) -> list[str]:
    """The example's tokens, at times lower- or upper-cased or with places renamed.

    A renamed place keeps its number of words, so that labels stay where they are.
    """
    tokens = example.tokens
    if example.swappable and rng.random() < SWAP:
        tokens = list(tokens)
        chosen: dict[str, list[str]] = {}
        for a, b in example.swappable:
            if b - a > 3:
                continue
            old = " ".join(tokens[a:b]).lower()
            if old not in chosen:
                pool = names[b - a]
                chosen[old] = rng.choice(pool) if pool and rng.random() < 0.5 else tokens[a:b]
            new = chosen[old]
            tokens[a:b] = [t.upper() for t in new] if tokens[a].isupper() else new
    draw = rng.random()
    if draw < LOWER:
        tokens = [t.lower() for t in tokens]
    elif draw < LOWER + UPPER:
        tokens = [t.upper() for t in tokens]
    return tokens


def batches(
    prepared: Sequence[Prepared],
    pieces: Pieces,
    names: dict[int, list[list[str]]],
    rng: random.Random,
    budget: int = 1400,
) -> Iterator[Batch]:
    """One epoch in random order, texts of like length together, ``budget`` pieces a batch."""
    order = list(prepared)
    rng.shuffle(order)
    groups: list[list[Prepared]] = []
    pool_size = 256
    for at in range(0, len(order), pool_size):
        pool = sorted(order[at : at + pool_size], key=lambda p: p.size)
        group: list[Prepared] = []
        used = 0
        for item in pool:
            if group and used + item.size * 1.35 > budget:
                groups.append(group)
                group, used = [], 0
            group.append(item)
            used += int(item.size * 1.35)
        if group:
            groups.append(group)
    rng.shuffle(groups)
    for group in groups:
        yield _batch(group, [augmented(p.example, names, rng) for p in group], pieces)


def _batch(group: Sequence[Prepared], tokens: Sequence[list[str]], pieces: Pieces) -> Batch:
    rows: list[tuple[list[int], list[int]]] = []
    first: list[tuple[int, int]] = []
    roles: list[tuple[int, int, int]] = []
    triggers: list[tuple[int, int, int, int, int]] = []
    trigger_weight: list[float] = []
    targets: list[tuple[int, int, int]] = []
    link: list[np.ndarray] = []
    link_weight: list[np.ndarray] = []
    same: list[np.ndarray] = []
    weights: list[np.ndarray] = []
    place_weights: list[np.ndarray] = []
    offset = 0
    for item, words_of in zip(group, tokens, strict=True):
        example = item.example
        looked_up = pieces(words_of)
        lengths = [len(ids) for ids, _ in looked_up]
        for window in windows(lengths, example.sentence):
            ids, types = [pieces.first], [0]
            for w in range(window.context, window.end):
                if w >= window.start:
                    first.append((len(rows), len(ids)))
                ids.extend(looked_up[w][0])
                types.extend([looked_up[w][1]] * lengths[w])
            ids.append(pieces.last)
            types.append(0)
            rows.append((ids, types))
        t0, s0 = len(triggers), len(targets)
        for t in example.triggers:
            triggers.append((t.start + offset, t.end + offset, t.kind, t.modality, t.background))
            trigger_weight.append(example.weight)
        for s in example.targets:
            targets.append((s.start + offset, s.end + offset, s.label))
            if s.role != UNKNOWN and s.role < len(ROLES) - 1:
                roles.append((s.start + offset, s.end + offset, s.role))
        if item.link.shape[1]:
            block = item.link.copy()
            block[0] += t0
            block[1] += s0
            link.append(block)
            link_weight.append(np.full(block.shape[1], example.weight, dtype=np.float32))
        if item.same.shape[1]:
            block = item.same.copy()
            block[:2] += t0
            same.append(block)
        weights.append(np.full(item.size, example.weight, dtype=np.float32))
        place_weights.append(
            np.full(item.size, 0.3 if example.silver else example.weight, dtype=np.float32)
        )
        offset += item.size
    longest = max(len(ids) for ids, _ in rows)
    ids_array = np.zeros((len(rows), longest), dtype=np.int64)
    types_array = np.zeros_like(ids_array)
    mask = np.zeros_like(ids_array)
    for r, (ids, types) in enumerate(rows):
        ids_array[r, : len(ids)] = ids
        types_array[r, : len(ids)] = types
        mask[r, : len(ids)] = 1

    unseen = np.random.random(ids_array.shape) < MASKED
    ids_array[unseen & (ids_array > pieces.last)] = pieces.mask

    def joined(blocks: list[np.ndarray], height: int) -> Tensor:
        return torch.from_numpy(
            np.concatenate(blocks, axis=1) if blocks else np.zeros((height, 0), dtype=np.int64)
        )

    def columns(tuples: Sequence[tuple[int, ...]], height: int) -> Tensor:
        return torch.tensor(tuples, dtype=torch.long).reshape(-1, height).T.contiguous()

    return Batch(
        torch.from_numpy(ids_array),
        torch.from_numpy(types_array),
        torch.from_numpy(mask),
        torch.tensor([r * longest + c for r, c in first], dtype=torch.long),
        torch.from_numpy(np.concatenate([p.tags for p in group])),
        torch.from_numpy(np.concatenate(weights)),
        torch.from_numpy(np.concatenate(place_weights)),
        columns(roles, 3),
        columns(triggers, 5),
        torch.tensor(trigger_weight, dtype=torch.float32),
        columns(targets, 3),
        joined(link, 7),
        torch.from_numpy(
            np.concatenate(link_weight) if link_weight else np.zeros(0, dtype=np.float32)
        ),
        joined(same, 5),
        offset,
    )
