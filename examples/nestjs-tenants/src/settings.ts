import type { CostModuleOptions } from '@eden-cost/nestjs';

/** What differs between the app as it runs, and its test. */
export interface Settings {
  /** Eden AI, as an OpenAI client takes it. */
  readonly baseUrl: string;
  readonly apiKey: string;
  /** Replaces options of `CostModule`, e.g. `logger` or `budgets`. */
  readonly cost?: CostModuleOptions;
}

export function settingsFrom({ EDENAI_API_KEY, EDENAI_BASE_URL }: NodeJS.ProcessEnv): Settings {
  if (!EDENAI_API_KEY) throw new Error('Set EDENAI_API_KEY, or start a stand-in and set EDENAI_BASE_URL to it as well');
  return { apiKey: EDENAI_API_KEY, baseUrl: EDENAI_BASE_URL ?? 'https://api.edenai.run/v3' };
}
