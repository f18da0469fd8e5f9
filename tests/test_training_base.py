"""Pretrained weights come back from an export as they went in."""

import warnings

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")
pytest.importorskip("safetensors")
transformers = pytest.importorskip("transformers")

from training.derive_base import state_of  # noqa: E402


class Plain(transformers.BertModel):
    """One that can be traced."""

    def forward(self, ids, mask):
        return super().forward(input_ids=ids, attention_mask=mask).last_hidden_state


def exported(model, path, *given):
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(model.eval(), given, str(path), dynamo=False, opset_version=17)


def test_weights_come_back(tmp_path):
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=40,
        hidden_size=24,
        intermediate_size=48,
        num_attention_heads=2,
        num_hidden_layers=2,
        max_position_embeddings=16,
    )
    config._attn_implementation = "eager"
    model = Plain(config, add_pooling_layer=False)
    for weights in model.parameters():  # an export keeps those that are alike once
        torch.nn.init.normal_(weights)
    ids = torch.randint(0, 40, (1, 7))
    path = tmp_path / "model.onnx"
    exported(model, path, ids, torch.ones_like(ids))
    found = state_of(path)
    assert found.keys() == model.state_dict().keys()
    for name, value in model.state_dict().items():
        assert torch.equal(found[name], value), name


def test_another_network_is_refused(tmp_path):
    path = tmp_path / "model.onnx"
    exported(torch.nn.Linear(4, 3, bias=False), path, torch.zeros(2, 4))
    with pytest.raises(ValueError, match=r"model\.onnx: .* is no layer of a BertModel"):
        state_of(path)
