"""What can be asked of an object beside itself: scale, binding, eviction, token, finalize.

``status`` is an update like that of the object, with other rules of its kind.
"""
