type Fields = Readonly<Record<string, unknown>>;

/** A pino line as logrus' text formatter writes it, the `text` of distribution: `time="…" level=info msg="…" key=value`. */
export function formatText(line: string): string {
  const { time, level, msg, ...rest } = JSON.parse(line) as Fields;
  const pairs = Object.entries({ time, level, msg, ...flatten(rest) })
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${quoted(value)}`);
  return `${pairs.join(' ')}\n`;
}

/** A pino line as a Logstash event: `@timestamp`, `@version`, `message`, `level`, `host`, then the other fields. */
export function formatLogstash(line: string, host: string): string {
  const { time, level, msg, ...rest } = JSON.parse(line) as Fields;
  return `${JSON.stringify({ '@timestamp': time, '@version': '1', level, message: msg ?? '', host, ...rest })}\n`;
}

/** Nested objects (an error, a request) become dotted keys. */
function flatten(fields: Fields, prefix = ''): Fields {
  const flat: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
      Object.assign(flat, flatten(value as Fields, `${prefix}${key}.`));
    } else {
      flat[`${prefix}${key}`] = value;
    }
  }
  return flat;
}

function quoted(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /^[\w./@^+-]+$/.test(text) ? text : JSON.stringify(text);
}
