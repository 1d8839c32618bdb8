const KNOWN = new Set([
  'id',
  'object',
  'created',
  'model',
  'system_fingerprint',
  'service_tier',
  'choices',
  'usage',
  'cost',
  'provider',
  'provider_time',
  'edenai_metadata',
  'obfuscation',
]);

const KNOWN_IN_CHOICE = new Set(['index', 'delta', 'logprobs', 'finish_reason']);

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isBlank = (value: unknown): boolean => value === undefined || value === null || value === '';

/**
 * True for the one event that a chat stream has only because its usage was asked for: it counts tokens and says nothing
 * else. OpenAI's own has `choices: []`, Eden AI's still holds one choice with an empty delta (Eden AI wire notes, "Where
 * the cost is"). With any key that is not known here, the event is somebody's, and stays.
 *
 * @param data the event's JSON text
 */
export function isUsageEvent(data: Buffer): boolean {
  const event = parse(data.toString('utf8'));
  if (!isObject(event) || !isObject(event.usage)) return false;
  if (!Object.keys(event).every((key) => KNOWN.has(key))) return false;
  const choices = event.choices ?? [];
  return Array.isArray(choices) && choices.every(isEmptyChoice);
}

/** Python writes `NaN` and `Infinity`, which are no JSON: an event with such a cost is still the one that was asked for. */
const NO_NUMBER = /([:[,]\s*)-?(?:NaN|Infinity)(?=\s*[,\]}])/g;

function parse(text: string): unknown {
  for (const json of [text, text.replace(NO_NUMBER, '$1null')]) {
    try {
      return JSON.parse(json);
    } catch {
      // what still does not parse is somebody's, and stays
    }
  }
  return undefined;
}

function isEmptyChoice(choice: unknown): boolean {
  if (!isObject(choice) || !Object.keys(choice).every((key) => KNOWN_IN_CHOICE.has(key))) return false;
  return isBlank(choice.finish_reason) && isBlank(choice.logprobs) && isEmptyDelta(choice.delta);
}

/** Gateways write every field of a delta as null; a `role` alone says nothing either. */
function isEmptyDelta(delta: unknown): boolean {
  if (isBlank(delta)) return true;
  return isObject(delta) && Object.entries(delta).every(([key, value]) => key === 'role' || isBlank(value));
}
