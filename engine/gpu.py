"""What the NVIDIA driver says about the GPUs (NVML)."""

import contextlib
from dataclasses import dataclass
from functools import cache
from types import ModuleType


@dataclass(frozen=True, slots=True)
class GpuReading:
    """One GPU at one moment: utilization in percent, memory in bytes, power in watts, temperature in °C. None is what
    this card does not tell."""

    index: int
    utilization: int | None
    memory_used: int
    memory_total: int
    power: float | None
    temperature: int | None


@cache
def _nvml() -> ModuleType | None:
    """The library, started; None without an NVIDIA driver."""
    try:
        import pynvml
    except ModuleNotFoundError:
        return None
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return None
    found: ModuleType = pynvml
    return found


def readings() -> list[GpuReading]:
    """All GPUs in the driver's order, without those that do not answer. Blocks for milliseconds, seconds on a driver in
    trouble."""
    nvml = _nvml()
    if nvml is None:
        return []
    found = []
    for index in range(nvml.nvmlDeviceGetCount()):
        with contextlib.suppress(nvml.NVMLError):
            found.append(_reading(nvml, index))
    return found


def _reading(nvml: ModuleType, index: int) -> GpuReading:
    handle = nvml.nvmlDeviceGetHandleByIndex(index)
    memory = nvml.nvmlDeviceGetMemoryInfo(handle)
    utilization = power = temperature = None
    with contextlib.suppress(nvml.NVMLError):
        utilization = nvml.nvmlDeviceGetUtilizationRates(handle).gpu
    with contextlib.suppress(nvml.NVMLError):
        power = nvml.nvmlDeviceGetPowerUsage(handle) / 1000
    with contextlib.suppress(nvml.NVMLError):
        temperature = nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU)
    return GpuReading(index, utilization, memory.used, memory.total, power, temperature)
