/** Whether a name that a pickle imports can run code, is known to be harmless, or neither. */
export type GlobalKind = 'dangerous' | 'allowed' | 'loads' | 'unknown'

/** Packages of which no name has a place in a model. */
const dangerousModules = new Set(
  `os posix nt ntpath posixpath subprocess sys runpy socket shutil pty commands popen2 importlib imp pickle _pickle cPickle dill cloudpickle marshal code codeop ctypes _ctypes
  multiprocessing webbrowser urllib urllib2 urllib3 requests httpx aiohttp http httplib ftplib smtplib poplib imaplib telnetlib socketserver asyncio threading _thread timeit trace pdb bdb
  cProfile profile doctest pip setuptools distutils venv ensurepip idlelib lib2to3 pydoc test tempfile site zipimport pkgutil inspect logging io _io fileinput linecache sqlite3 xmlrpc ssl
  _posixsubprocess _osx_support _aix_support _pyrepl cgitb platform signal resource fcntl mmap gc weakref atexit sched glob pexpect paramiko fabric invoke plumbum sh executing
  configparser unittest nturl2path getpass crypt syslog winreg _winapi msvcrt ast dis symtable tokenize antigravity types operator builtins`.split(
    /\s+/,
  ),
)
const exactly = (names: string): ReadonlySet<string> => new Set(names.split(/\s+/).filter(Boolean))

const allowed = exactly(`
  builtins.set builtins.frozenset builtins.list builtins.dict builtins.tuple builtins.int builtins.float builtins.str builtins.bytes builtins.bytearray builtins.bool builtins.complex
  builtins.slice builtins.range builtins.object builtins.long builtins.unicode builtins.Ellipsis builtins.NotImplemented
  collections.OrderedDict collections.defaultdict collections.Counter collections.deque _codecs.encode copyreg._reconstructor copyreg.__newobj__
  datetime.datetime datetime.date datetime.time datetime.timedelta datetime.timezone decimal.Decimal fractions.Fraction uuid.UUID argparse.Namespace
  pathlib.Path pathlib.PosixPath pathlib.PurePosixPath pathlib.WindowsPath pathlib.PureWindowsPath types.SimpleNamespace random.Random _io.BytesIO io.BytesIO
  torch._utils._rebuild_tensor torch._utils._rebuild_tensor_v2 torch._utils._rebuild_tensor_v3 torch._utils._rebuild_parameter torch._utils._rebuild_parameter_with_state
  torch._utils._rebuild_qtensor torch._utils._rebuild_sparse_tensor torch._utils._rebuild_meta_tensor_no_storage torch._utils._rebuild_device_tensor_from_numpy
  torch._utils._rebuild_sparse_csr_tensor torch._utils._rebuild_nested_tensor torch._tensor._rebuild_from_type_v2 torch.nn.parameter.Parameter torch.nn.parameter.Buffer
  torch.Tensor torch.Size torch.device torch.dtype torch.storage.UntypedStorage torch.storage.TypedStorage torch.serialization._get_layout torch._C._nn.gelu
  numpy.ndarray numpy.dtype numpy.matrix numpy.recarray numpy.bool_ numpy.str_ numpy.bytes_ numpy.void numpy.ma.core.MaskedArray numpy.ma.core._mareconstruct
  numpy.random._pickle.__randomstate_ctor numpy.random._pickle.__generator_ctor numpy.random._pickle.__bit_generator_ctor
  joblib.numpy_pickle.NumpyArrayWrapper joblib.numpy_pickle_compat.NDArrayWrapper joblib.numpy_pickle.NDArrayWrapper pandas._libs.internals._unpickle_block scipy.sparse._csr.csr_matrix`)

const allowedShapes: readonly RegExp[] = [
  /^torch\.(?:\w+Storage|u?int\d+|float\d+\w*|bfloat16|bool|complex\d+|half|double|float|long|short|uint8|quint8|qint8|qint32|per_tensor_affine|per_channel_affine|strided|contiguous_format)$/,
  /^torch\.cuda\.\w+Storage$/,
  /^torch\.nn\.modules\.[a-z_.]+\.[A-Z]\w*$/,
  /^numpy\.(?:u?int\d+|float\d+|complex\d+|longlong|intc|bool)$/,
  /^numpy\.(?:_?core)\.(?:multiarray\.(?:_reconstruct|scalar|_frombuffer)|numeric\._frombuffer)$/,
  /^numpy\.random\._(?:mt19937|pcg64|philox|sfc64)\.[A-Z]\w*$/,
  /^(?:sklearn|xgboost|lightgbm|catboost|scipy\.sparse|pandas\.core|statsmodels)\.[a-z0-9_.]+\.[A-Z]\w*$/,
  /^sklearn\.(?:tree\._tree\.Tree|_loss\.[\w.]+|neighbors\.[\w.]+\.newObj)$/,
  /^pandas\.(?:core\.[\w.]+\._?new_\w+|_libs\.[\w.]+\.[A-Z_]\w*)$/,
  /^__torch__\.[\w.]+$/,
]
/** Parts of otherwise harmless packages that run what they are given. */
const dangerousShapes: readonly RegExp[] = [
  /^(?:numpy\.(?:testing|f2py|distutils|load|lib\.npyio)|torch\.(?:hub|jit|fx|utils|distributed|multiprocessing|load|_dynamo|_inductor|package|ops|classes|serialization\.load))(?:\.|$)/,
  /^functools\.(?:partial|reduce)$/,
  /^(?:pandas|joblib)\.(?:read_pickle|eval|load|io\.pickle)/,
  /^(?:tensorflow|keras)\.(?:.*\.)?(?:load_model|py_function|numpy_function|deserialize|load_library|write_file|read_file|Lambda)$/,
  /^transformers\.(?:.*\.)?(?:pipeline|from_pretrained|get_class_from_dynamic_module)$/,
]

const renamed: Readonly<Record<string, string>> = {
  __builtin__: 'builtins',
  __builtins__: 'builtins',
  copy_reg: 'copyreg',
  UserDict: 'collections',
  commands: 'subprocess',
}

/** `name` may have dots: from protocol 4 on attributes of attributes are reached. */
export function kindOfGlobal(module: string, name: string): GlobalKind {
  const home = renamed[module] ?? module
  const full = `${home}.${name}`
  if (full === 'torch.storage._load_from_bytes') return 'loads'
  const [top = ''] = home.split('.')
  const isTricky = name.split('.').length > 1 && name.split('.').some((part) => dangerousModules.has(part) || part.startsWith('__'))
  if (isTricky) return 'dangerous'
  if (allowed.has(full) || allowedShapes.some((shape) => shape.test(full))) return 'allowed'
  if (dangerousModules.has(top) || dangerousShapes.some((shape) => shape.test(full))) return 'dangerous'
  // A name that is a module of another, such as os inside some package.
  return home
    .split('.')
    .slice(1)
    .some((part) => part === 'os' || part === 'subprocess' || part === 'sys')
    ? 'dangerous'
    : 'unknown'
}
