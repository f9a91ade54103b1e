import { Gauge, type Registry as MetricRegistry } from 'prom-client';

export interface GaugeOptions<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames: Label[];
  /** Sets the values; those of the last time are gone. */
  readonly collect: (gauge: Gauge<Label>) => void;
}

/** Registers a gauge whose values are read when somebody asks for them. */
export function addGauge<Label extends string>(registry: MetricRegistry, options: GaugeOptions<Label>): void {
  const { name, help, labelNames, collect } = options;
  const gauge = new Gauge({
    name,
    help,
    labelNames,
    registers: [],
    collect(): void {
      this.reset();
      collect(this);
    },
  });
  registry.registerMetric(gauge);
}
