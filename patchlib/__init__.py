"""patchlib: analytics and planning for patching and updating AWS estates. It only reads AWS."""

__version__ = "0.1.0"
__all__ = ["__version__"]
