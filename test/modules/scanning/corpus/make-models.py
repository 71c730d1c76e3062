"""Makes the pickles of the corpus, with CPython 3.11 and nothing else. What they would run is inert: it would print a word.

python3 test/modules/scanning/corpus/make-models.py test/modules/scanning/corpus/models
"""
import array
import collections
import datetime
import io
import pickle
import pickletools
import struct
import sys
import types
import zipfile

out = sys.argv[1]


def write(name, data):
    with open(f'{out}/{name}', 'wb') as file:
        file.write(data)


def module(name, **members):
    parts = name.split('.')
    for length in range(1, len(parts)):
        sys.modules.setdefault('.'.join(parts[:length]), types.ModuleType(parts[length - 1]))
    made = types.ModuleType(name)
    sys.modules[name] = made
    for key, value in members.items():
        setattr(made, key, value)
        if hasattr(value, '__module__'):
            value.__module__ = name
            value.__qualname__ = key
    return made


class Calls:
    def __init__(self, function, *args):
        self.call = (function, args)

    def __reduce__(self):
        return self.call


import os  # noqa: E402

# Malicious: each way a pickle gets at a function.
for protocol in range(6):
    write(f'bad-system-protocol-{protocol}.pkl', pickle.dumps({'weights': [1.0], 'x': Calls(os.system, 'echo inert')}, protocol))
write('bad-eval-builtin-alias.pkl', b'c__builtin__\neval\n(S\'print("inert")\'\ntR.')
write('bad-inst.pkl', b'(S\'echo inert\'\nios\nsystem\n.')
write('bad-obj.pkl', b'(cos\nsystem\nS\'echo inert\'\no.')
write('bad-truncated-after-call.pkl', b'\x80\x04cposix\nsystem\n\x8c\x0aecho inert\x85R')
write('bad-stack-global-memo.pkl', b'\x80\x04\x8c\x05posix\x94\x8c\x06system\x94\x30\x30h\x00h\x01\x93\x8c\x0aecho inert\x85R.')
write('bad-nested.pkl', pickle.dumps({'inner': pickle.dumps(Calls(os.system, 'echo inert'), 4)}, 4))
write('bad-getattr-chain.pkl', b'\x80\x04cbuiltins\ngetattr\n(cbuiltins\n__import__\n(S\'os\'\ntRS\'system\'\ntR(S\'echo inert\'\ntR.')
write('bad-dotted-name.pkl', b'\x80\x04\x8c\x05torch\x8c\x13serialization.os.system'.replace(b'\x13', bytes([len('serialization.os.system')])) + b'\x93\x8c\x0aecho inert\x85R.')
write('bad-runpy.pkl', b'\x80\x02crunpy\n_run_code\n(X\x05\x00\x00\x00inert}tR.')
write('bad-numpy-runstring.pkl', b'\x80\x02cnumpy.testing._private.utils\nrunstring\n(X\x05\x00\x00\x00inert}tR.')
# The name of the module is made by a call, so that no list knows it.
write('bad-computed-name.pkl', b'\x80\x04cbuiltins\nstr\n\x8c\x05posix\x85R\x8c\x06system\x93\x8c\x0aecho inert\x85R.')
# Pickles need no mark at their beginning, neither the first nor those behind it.
write('bad-unmarked.bin', b'N0cos\nsystem\n(S\'echo inert\'\ntR.')
write('bad-unmarked-computed.sav', b']0cbuiltins\nstr\n(S\'posix\'\ntRS\'system\'\n\x93(S\'echo inert\'\ntR.')
write('bad-extension.pkl', b'\x80\x02\x82\x01)R.')


def torch_zip(data, name='archive'):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, 'w', zipfile.ZIP_STORED) as archive:
        archive.writestr(f'{name}/data.pkl', data)
        archive.writestr(f'{name}/version', '3\n')
        archive.writestr(f'{name}/data/0', struct.pack('<4f', 1, 2, 3, 4))
    return buffer.getvalue()


# What torch.save writes, without torch: names are made up here so that the pickler finds them.
class FloatStorage:
    pass


def _rebuild_tensor_v2(*_args):
    return None


module('torch', FloatStorage=FloatStorage)
module('torch._utils', _rebuild_tensor_v2=_rebuild_tensor_v2)


class TorchPickler(pickle.Pickler):
    def persistent_id(self, value):
        return value if isinstance(value, tuple) and value[:1] == ('storage',) else None


def state_dict(extra=()):
    buffer = io.BytesIO()
    storage = ('storage', FloatStorage, '0', 'cpu', 4)
    tensor = Calls(_rebuild_tensor_v2, storage, 0, (2, 2), (2, 1), False, collections.OrderedDict())
    TorchPickler(buffer, 2).dump(collections.OrderedDict([('layer.weight', tensor), *extra]))
    return buffer.getvalue()


write('good-torch-state.pt', torch_zip(state_dict()))
write('bad-torch-state.pt', torch_zip(state_dict([('hook', Calls(os.system, 'echo inert'))])))
legacy = pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2) + pickle.dumps({'little_endian': True}, 2)
write('good-torch-legacy.pth', legacy + state_dict() + pickle.dumps(['0'], 2) + struct.pack('<q4f', 4, 1, 2, 3, 4))
write('bad-torch-legacy.pth', legacy + state_dict([('x', Calls(eval, '"inert"'))]) + pickle.dumps(['0'], 2))

unmarked = b'}0cos\nsystem\n(S\'echo inert\'\ntR.'
write('bad-torch-legacy-unmarked.pth', pickle.dumps(0x1950A86A20F9469CFC6C, 2) + unmarked + state_dict())
# Raw numbers and a tokenizer, whose first bytes could be opcodes.
write('good-raw-weights.bin', struct.pack('<64f', *[(-1) ** at * at / 7 for at in range(64)]) * 40)
write('good-raw-counts.dat', struct.pack('<q', 40) + bytes(range(256)) * 8)
write('good-tokenizer.model', b'\x0a\x0e\x0a\x05<unk>\x15\x00\x00\x00\x00\x18\x02' * 30)
write('good-torch-legacy-tail.pth', legacy + state_dict() + pickle.dumps(['0'], 2) + struct.pack('<q', 0x0A63) + b'a\nb\n.' + bytes(64))

# scikit-learn and joblib.


class LogisticRegression:
    def __init__(self):
        self.classes = [0, 1]


class dtype:
    def __init__(self, letters):
        self.letters = letters

    def __reduce__(self):
        return (dtype, (self.letters, False, True))


class ndarray:
    pass


class NumpyArrayWrapper:
    def __init__(self, shape, letters):
        self.subclass, self.shape, self.order, self.dtype = ndarray, shape, 'C', dtype(letters)
        self.allow_mmap, self.numpy_array_alignment_bytes = True, 16


module('sklearn.linear_model._logistic', LogisticRegression=LogisticRegression)
module('numpy', dtype=dtype, ndarray=ndarray)
module('joblib.numpy_pickle', NumpyArrayWrapper=NumpyArrayWrapper)
write('good-sklearn.pkl', pickle.dumps(LogisticRegression(), 4))


def joblib(after=None):
    raw = pickle.dumps({'coef': NumpyArrayWrapper((4,), 'f8'), 'after': after}, 2)
    # The bytes of the array come right behind the BUILD that fills its wrapper.
    builds = [position for opcode, _arg, position in pickletools.genops(raw) if opcode.name == 'BUILD']
    return raw[: builds[0] + 1] + b'\x03\xff\xff\xff' + struct.pack('<4d', 1, 2, 3, 4) + raw[builds[0] + 1 :]


write('good-joblib.joblib', joblib('fine'))
write('bad-joblib.joblib', joblib(Calls(os.system, 'echo inert')))


def npy(descr, body):
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': (2,), }}".encode()
    header += b' ' * (-(len(header) + 11) % 64) + b'\n'
    return b'\x93NUMPY\x01\x00' + struct.pack('<H', len(header)) + header + body


write('good-numbers.npy', npy('<f4', struct.pack('<2f', 1, 2)))
write('bad-objects.npy', npy('|O', pickle.dumps([Calls(os.system, 'echo inert')], 3)))

# Benign pickles of plain things, some with the words a careless rule would fear.
plain = {'note': 'os.system("rm -rf /") is only text', 'when': datetime.datetime(2024, 1, 2), 'counts': collections.Counter('abca'), 'blob': array.array('b', [1, 2]).tobytes(), 'big': 2**200}
for protocol in (0, 2, 5):
    write(f'good-plain-protocol-{protocol}.pkl', pickle.dumps(plain, protocol))
write('good-memo.pkl', pickle.dumps([[plain] * 50, {i: str(i) for i in range(300)}], 4))
