"""NVIDIA's library as a machine with two cards would have it: the second does not tell its power, and `lost` is the
index of one that has fallen off the bus. On the path of a server it makes the GPU figures testable without a GPU."""

from types import SimpleNamespace

NVML_TEMPERATURE_GPU = 0
GIB = 1 << 30
lost: int | None = None


class NVMLError(Exception):
    """As the library raises."""


def nvmlInit() -> None:
    """There is a driver."""


def nvmlDeviceGetCount() -> int:
    """Two cards."""
    return 2


def nvmlDeviceGetHandleByIndex(index: int) -> int:
    """The handle is the index."""
    if index == lost:
        raise NVMLError("GPU is lost")
    return index


def nvmlDeviceGetMemoryInfo(handle: int) -> SimpleNamespace:
    """24 GiB each."""
    return SimpleNamespace(used=(13 + handle) * GIB, total=24 * GIB)


def nvmlDeviceGetUtilizationRates(handle: int) -> SimpleNamespace:
    """In percent."""
    return SimpleNamespace(gpu=60 + handle)


def nvmlDeviceGetPowerUsage(handle: int) -> int:
    """In milliwatts."""
    if handle == 1:
        raise NVMLError("Not Supported")
    return 285_500


def nvmlDeviceGetTemperature(handle: int, sensor: int) -> int:
    """In °C."""
    return 71 + handle
