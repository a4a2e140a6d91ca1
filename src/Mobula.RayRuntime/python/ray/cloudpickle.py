from ray._private.serialization import cloudpickle as _cp
"""The pickler functions and classes travel with."""
CloudPickler, Pickler = _cp.CloudPickler, _cp.CloudPickler
dump, dumps, load, loads = _cp.dump, _cp.dumps, _cp.load, _cp.loads
register_pickle_by_value = _cp.register_pickle_by_value
unregister_pickle_by_value = _cp.unregister_pickle_by_value
