"""The bytes of a model file: read by NumPy and zipfile, and never taken for what they are not."""

import io
import json
import pickle
import random
import struct
import tracemalloc
import warnings
import zipfile
import zlib

import joblib
import numpy as np
import pytest
from model_bytes import listed, packed, sealed
from model_cases import CASES, rows, same

from skae import load, save
from skae.model_files import container
from skae.preprocessing import PCANormalizer

# As many as a few seconds allow; `python -m benchmarks damaged_files` does it ten thousand times.
N_DAMAGES = 100


@pytest.fixture(scope="module")
def model():
    return CASES["early stopping"](rows())


@pytest.fixture(scope="module")
def content(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "model.skae"
    save(model, path, include_optimizer=True)
    return path.read_bytes()


def changed(content, **fields):
    """A whole file with other fields of the header."""
    header, arrays = container.unpacked(content)
    return packed(header | fields, arrays)


def test_numpy_and_zipfile_read_it(model, content, tmp_path):
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        assert same(arrays["fitted/theta"], np.asarray(model._fitted.network.theta))
        assert json.loads(arrays["model.json"])["format"] == "skae-model"
        assert all(arrays[name].dtype.kind in "biuf" for name in arrays if name != "model.json")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert all(info.compress_type == zipfile.ZIP_STORED for info in archive.infolist())


def test_the_same_model_makes_the_same_bytes(model, content, tmp_path):
    save(model, tmp_path / "again", include_optimizer=True)
    assert (tmp_path / "again").read_bytes() == content


def test_records_have_sizes_of_64_bits():
    record = container._local_header("theta.npy", 2**40, 0)
    entry = container._entry("theta.npy", 2**40, 0, 2**41)
    assert struct.unpack("<2Q", record[-16:]) == (2**40, 2**40)
    assert struct.unpack("<3Q", entry[-24:]) == (2**40, 2**40, 2**41)


def flipped(content, generator):
    place, bit = generator.randrange(len(content)), generator.randrange(8)
    return content[:place] + bytes([content[place] ^ 1 << bit]) + content[place + 1 :]


def cut(content, generator):
    return content[: generator.randrange(len(content))]


def with_a_gap(content, generator):
    start = generator.randrange(len(content))
    return content[:start] + content[start + generator.randint(1, 100) :]


def with_zeros(content, generator):
    start, length = generator.randrange(len(content)), generator.randint(1, 500)
    return (content[:start] + bytes(length) + content[start + length :])[: len(content)]


def with_more(content, generator):
    start = generator.randrange(len(content) + 1)
    return content[:start] + generator.randbytes(generator.randint(1, 100)) + content[start:]


@pytest.mark.parametrize("mend", [bytes, sealed], ids=["as it is", "sealed"])
@pytest.mark.parametrize("damage", [flipped, cut, with_a_gap, with_zeros, with_more])
def test_damage_is_seen(damage, mend, content, loaded):
    generator = random.Random(0)
    for _ in range(N_DAMAGES):
        damaged = mend(damage(content, generator))
        if damaged != content:
            with pytest.raises(ValueError):
                loaded(damaged)


def mutated(text, generator):
    """A JSON text with one of its tokens, or a few of its characters, changed."""
    place = generator.randrange(len(text))
    if generator.random() < 0.5:
        return text[:place] + generator.choice('0123456789{}[]",:-.eE tfn\\') + text[place + 1 :]
    tokens = ["null", "true", "-1", "1e400", "NaN", '""', "[]", "{}", "0.5", "99999999999999999999", '{"float":"nan"}']
    end = place + 1
    while end < len(text) and text[end] not in ",:[]{}":
        end += 1
    return text[:place] + generator.choice(tokens) + text[end:]


@pytest.mark.parametrize("name", ["early stopping", "detector of", "imputer", "normalizer"])
def test_any_header_is_refused_or_makes_an_estimator(name, tmp_path, loaded):
    save(CASES[name](rows()), tmp_path / "whole", include_optimizer=True)
    content = (tmp_path / "whole").read_bytes()
    text, (_, arrays) = container._text(content).decode(), container.unpacked(content)
    generator, refused = random.Random(0), 0
    for _ in range(N_DAMAGES):
        try:
            estimator = loaded(packed(mutated(text, generator).encode(), arrays))
            save(estimator, tmp_path / "again", include_optimizer=True)
        except ValueError:
            refused += 1
    assert N_DAMAGES / 2 < refused <= N_DAMAGES


def test_each_array_is_needed_and_has_its_shape_and_dtype(content, loaded):
    header, arrays = container.unpacked(content)

    def refused(arrays, match):
        with pytest.raises(ValueError, match=match):
            loaded(packed(header | {"arrays": listed(arrays)}, arrays))

    optional = {"fitted/training/active", "fitted/training/run/best_theta"}
    for name, array in arrays.items():
        rest = {key: value for key, value in arrays.items() if key != name}
        if name not in optional:
            refused(rest, name)
        refused(rest | {f"{name}_of_more": array}, "of_more|missing")
        refused(arrays | {name: array[:, None]}, "must have the shape")
        refused(arrays | {name: array.astype(np.uint16)}, "must have the shape|one of the dtypes")
    refused(arrays | {"fitted/theta": np.full_like(arrays["fitted/theta"], np.nan)}, "not finite")


# Files that claim more than they have.


def bomb():
    """A member of a few bytes that expands to 16 MiB."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.json", "{" + " " * 2**24 + "}")
        archive.writestr("theta.npy", bytes(2**24))
    return buffer.getvalue()


def test_claims_are_refused_before_memory_is_taken(content, loaded):
    header, arrays = container.unpacked(content)
    start = container._local_length("model.json")
    files = {
        "bomb": bomb(),
        "sealed bomb": sealed(bomb() + bytes(64)),
        "long header": sealed(content[: start - 8] + struct.pack("<Q", 2**62) + content[start:]),
        "nested": packed(b"[" * 100_000, arrays),
        "nested objects": packed(b'{"a":' * 40_000, arrays),
        "digits": packed(b'{"format":"skae-model","version":' + b"9" * 5000 + b"}", arrays),
        "huge header": packed(b" " * 2**19, arrays),
    }
    for shape in ([2**62], [2**31, 2**31], [10**30], [-1], [1.0], [True], [2, 2, 2], "x", None):
        claimed = listed(arrays)
        claimed[0][2] = shape
        files[f"shape {shape}"] = packed(header | {"arrays": claimed}, arrays)
    tracemalloc.start()
    for name, file in files.items():
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        with pytest.raises(ValueError):
            loaded(file)
        # Objects of an interpreter take more than a small file has bytes.
        assert tracemalloc.get_traced_memory()[1] - before < 4 * len(file) + 2**20, name
    tracemalloc.stop()


@pytest.mark.parametrize("dtype", ["|O", "object", "<U8", "|S8", "<c16", ">f8", "<M8[s]", [["a", "<f8"]], 5, None])
def test_dtypes_that_a_file_does_not_hold(dtype, content, loaded):
    header, arrays = container.unpacked(content)
    header["arrays"][0][1] = dtype
    with pytest.raises(ValueError, match="dtypes"):
        loaded(packed(header, arrays))


@pytest.mark.parametrize("name", ["../theta", "/theta", "theta.npy", "Theta", "", "a//b", "\u0131", 5, None])
def test_names_that_an_array_does_not_have(name, content, loaded):
    header, arrays = container.unpacked(content)
    header["arrays"][0][0] = name
    with pytest.raises(ValueError, match="an array is described by"):
        loaded(packed(header, arrays))


def test_an_array_that_is_there_twice(content, loaded):
    header, arrays = container.unpacked(content)
    header["arrays"].append(header["arrays"][0])
    with pytest.raises(ValueError, match="twice"):
        loaded(packed(header, arrays))


def test_booleans_are_zero_or_one(loaded, tmp_path):
    save(CASES["top k"](rows()), tmp_path / "whole")
    header, arrays = container.unpacked((tmp_path / "whole").read_bytes())
    arrays["fitted/training/active"] = np.array([0, 1, 2], np.uint8).view(bool)
    with pytest.raises(ValueError, match="true and false"):
        loaded(packed(header, arrays))


def test_members_beside_those_of_the_header(content, loaded):
    """An archive to which one more member was added, by a program that knows archives."""
    for name in ("more.txt", "model.json", "fitted/theta.npy"):
        buffer = io.BytesIO(content)
        with warnings.catch_warnings(), zipfile.ZipFile(buffer, "a") as archive:
            # Of names that are there twice.
            warnings.simplefilter("ignore", UserWarning)
            archive.writestr(name, "more")
        with pytest.raises(ValueError, match="checksum"):
            loaded(buffer.getvalue())
        with pytest.raises(ValueError):
            loaded(sealed(buffer.getvalue()))


def test_checksums_of_members(content, loaded):
    """One that is not that of the data, in a file that is sealed."""
    header, arrays = container.unpacked(content)
    crc = struct.pack("<I", zlib.crc32(container._text(content)))
    assert content.count(crc) == 2
    for place in (content.index(crc), content.rindex(crc)):
        with pytest.raises(ValueError, match="laid out"):
            loaded(sealed(content[:place] + struct.pack("<I", 0) + content[place + 4 :]))


# Foreign files.


class Payload:
    """A pickle that leaves a trace when it is read."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return open, (str(self.trace), "w")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_is_refused_without_effect(protocol, tmp_path, loaded):
    trace = tmp_path / "trace"
    with pytest.raises(ValueError, match="pickle" if protocol >= 2 else "no model file"):
        loaded(pickle.dumps(Payload(trace), protocol))
    assert not trace.exists()


def test_a_pickle_inside_is_refused_without_effect(tmp_path, loaded, content):
    trace = tmp_path / "trace"
    array = np.array([Payload(trace)], object)
    buffer = io.BytesIO()
    np.savez(buffer, theta=array)
    with pytest.raises(ValueError, match="zip archive, but no model file"):
        loaded(buffer.getvalue())
    header, arrays = container.unpacked(content)
    with pytest.raises(ValueError):
        loaded(content[:-64].replace(b"<f8", b"|O8") + content[-64:])
    joblib.dump(array, tmp_path / "joblib")
    with pytest.raises(ValueError):
        loaded((tmp_path / "joblib").read_bytes())
    assert not trace.exists()


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", "empty"),
        (b"P", "no model file"),
        (b"PK\3\4", "zip archive, but no model file"),
        (b"PK\5\6" + bytes(18), "zip archive, but no model file"),
        (bytes(10_000), "no model file"),
        (b"a,b\n1,2\n", "no model file"),
        (b"\x93NUMPY\1\0", "no model file"),
    ],
)
def test_foreign_files(content, match, loaded):
    with pytest.raises(ValueError, match=match):
        loaded(content)


def test_of_a_large_foreign_file_only_the_start_is_read(tmp_path):
    path = tmp_path / "large"
    with open(path, "wb") as file:
        file.truncate(2**33)
    tracemalloc.start()
    with pytest.raises(ValueError, match="no model file"):
        load(path)
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


# Headers.


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff",
        b"{'a': 1}",
        b'{"format":"skae-model","format":"skae-model","version":1}',
        b'{"format":"skae-model","version":NaN}',
        b'{"format":"skae-model","version":Infinity}',
        b'{"format":"skae-model","version":1e999}',
        b'{"format":"skae-model","version":true}',
        b'{"format":"skae-model","version":0}',
        b'{"format":"skae-model","version":"1"}',
        b'{"format":"another","version":1}',
        b'{"format":"skae-model","version":1}',
        b'{"format":"skae-model","version":1,"skae":1,"arrays":[],"model":{}}',
        b'{"format":"skae-model","version":1,"skae":"0","arrays":{},"model":{}}',
        b'{"format":"skae-model","version":1,"skae":"0","arrays":[],"model":[]}',
        b'{"format":"skae-model","version":1,"skae":"0","arrays":[],"model":{}}',
        b'{"format":"skae-model","version":1,"skae":"0","arrays":[],"model":{},"more":1}',
    ],
)
def test_headers(text, loaded):
    with pytest.raises(ValueError):
        loaded(packed(text, {}))


def test_a_later_version_says_what_to_do(content, loaded):
    with pytest.raises(ValueError, match=r"later skae, '7\.1\.0', in version 2 .*Update skae"):
        loaded(changed(content, version=2, skae="7.1.0", model=None, arrays=5))


def test_a_parameter_of_a_later_skae(content, loaded):
    header, arrays = container.unpacked(content)
    header["model"]["parameters"]["momentum"] = 0.5
    with pytest.raises(ValueError, match=r"no parameter 'momentum'.*made by skae '7\.1\.0'; this is"):
        loaded(packed(header | {"skae": "7.1.0"}, arrays))


def test_a_parameter_that_an_earlier_skae_did_not_have(content, loaded):
    header, arrays = container.unpacked(content)
    del header["model"]["parameters"]["emphasis"]
    assert loaded(packed(header | {"skae": "0.0.1"}, arrays)).emphasis == 0.0


@pytest.mark.parametrize(
    "name", ["OneClassSVM", "object", "builtins.eval", "BaseAutoencoder", "", None, 5, ["SparseAE"]]
)
def test_classes_are_those_of_a_closed_list(name, content, loaded):
    header, arrays = container.unpacked(content)
    header["model"]["class"] = name
    with pytest.raises(ValueError, match="class must be one of"):
        loaded(packed(header, arrays))


def test_what_does_not_go_together(content, loaded):
    def refused(match, change):
        header, arrays = container.unpacked(content)
        change(header["model"], header["model"]["fitted"])
        with pytest.raises(ValueError, match=match):
            loaded(packed(header, arrays))

    refused("'theta' has", lambda model, fitted: fitted["architecture"].update(encoder_sizes=[6, 4]))
    refused("theta", lambda model, fitted: fitted["architecture"].update(encoder_sizes=[2**50, 2**50]))
    refused("from 2 to 1001 sizes", lambda model, fitted: fitted["architecture"].update(encoder_sizes=[6]))
    refused("integer from 1 to 3", lambda model, fitted: fitted["architecture"].update(n_active=4))
    refused("does not go with", lambda model, fitted: fitted.update(loss="log_loss"))
    refused("'alpha' parameter", lambda model, fitted: model["parameters"].update(alpha=-1))
    refused("set_output must be", lambda model, fitted: model.update(set_output="spark"))
    refused("'fitted/more' is not known", lambda model, fitted: fitted.update(more=1))
    refused("'fitted/training/more' is not known", lambda model, fitted: fitted["training"].update(more=1))
    refused("memory_1.* not known", lambda model, fitted: fitted["training"].update(memories=1))
    refused("memories must be the number", lambda model, fitted: fitted["training"].update(memories=3))
    refused("words", lambda model, fitted: fitted["training"]["noise_rng"].update(state=[1]))
    refused("no kind", lambda model, fitted: model["parameters"].update(alpha={"eval": "1"}))
    refused("no kind", lambda model, fitted: model["parameters"].update(alpha={"estimator": {"class": "SparseAE"}}))


def test_no_set_output_of_a_detector(tmp_path, loaded):
    save(CASES["detector"](rows()), tmp_path / "whole")
    header, arrays = container.unpacked((tmp_path / "whole").read_bytes())
    header["model"]["set_output"] = "pandas"
    with pytest.raises(ValueError, match="no set_output"):
        loaded(packed(header, arrays))


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ('"a"\n"b"', "2 names of 6 features"),
        ("\n" * 10**6, "1000001 names of 6 features"),
        ("\n".join(["1"] * 6), "strings"),
        ("\n".join(['"a" 1'] * 6), "Extra data"),
        ("\n".join(['"\xe9"'] * 6), "ascii"),
        ('"a"\n' * 5, "strings"),
        ('"' + "a" * 2**16 + '"' + '\n"a"' * 5, "less than 65536 bytes"),
    ],
)
def test_names_of_features_are_as_many_strings(text, match, tmp_path, loaded):
    save(PCANormalizer().fit(rows()), tmp_path / "whole")
    header, arrays = container.unpacked((tmp_path / "whole").read_bytes())
    arrays["fitted/feature_names"] = np.frombuffer(text.encode(), np.uint8)
    header["arrays"].append(["fitted/feature_names", "|u1", [arrays["fitted/feature_names"].size]])
    with pytest.raises(ValueError, match=match):
        loaded(packed(header, arrays))
