"""Prometheus gauges of what the service stands on. Without a value they are absent, not zero."""

from collections.abc import Iterable
from pathlib import Path
from shutil import disk_usage

from prometheus_client import Gauge

from engine.gpu import GpuReading

gpu_utilization = Gauge("gpu_utilization_percent", "Share of time in which the GPU computed", ["gpu"])
gpu_memory_used = Gauge("gpu_memory_used_bytes", "GPU memory in use, by everybody", ["gpu"])
gpu_memory_total = Gauge("gpu_memory_total_bytes", "GPU memory there is", ["gpu"])
gpu_power = Gauge("gpu_power_watts", "Power that the GPU draws", ["gpu"])
gpu_temperature = Gauge("gpu_temperature_celsius", "Temperature of the GPU", ["gpu"])
disk_free = Gauge("chat_disk_free_bytes", "Room on the disk of the data directory")
disk_size = Gauge("chat_disk_size_bytes", "Size of the disk of the data directory")
database_up = Gauge("chat_database_up", "1 when the database answers")
database_seconds = Gauge("chat_database_ping_seconds", "How long the database took to answer a ping")
database_connections = Gauge("chat_database_connections", "Connections to the database", ["state"])
redis_up = Gauge("chat_redis_up", "1 when Redis answers; absent where none is configured", ["server"])
certificate_expiry = Gauge(
    "chat_certificate_expiry_timestamp_seconds", "When the certificate of the public URL ends", ["host"]
)


def show_gpus(readings: Iterable[GpuReading]) -> None:
    """All of them anew: one that has fallen off the bus has no figures."""
    gauges = (gpu_utilization, gpu_memory_used, gpu_memory_total, gpu_power, gpu_temperature)
    for gauge in gauges:
        gauge.clear()
    for one in readings:
        values = (one.utilization, one.memory_used, one.memory_total, one.power, one.temperature)
        for gauge, value in zip(gauges, values, strict=True):
            if value is not None:
                gauge.labels(str(one.index)).set(value)


def show_disk(data_dir: Path) -> float:
    """Of the file system that the data directory lies on. Returns the share that is free, 0 to 1."""
    usage = disk_usage(data_dir)
    disk_free.set(usage.free)
    disk_size.set(usage.total)
    return usage.free / usage.total
