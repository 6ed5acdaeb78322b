// Reads objects of the Prometheus operator, one JSON a line; prints what is wrong with each, as one JSON list a line.
import { createInterface } from "node:readline";
import { PrometheusRule, ServiceMonitor } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1";

const kinds = { PrometheusRule, ServiceMonitor };

for await (const line of createInterface({ input: process.stdin })) {
  const object = JSON.parse(line);
  try {
    new kinds[object.kind](object).validate();
    console.log("[]");
  } catch (error) {
    console.log(JSON.stringify([error.message]));
  }
}
