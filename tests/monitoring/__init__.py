"""Prometheus and Grafana: rules, alerts, dashboards."""
