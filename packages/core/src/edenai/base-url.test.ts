import { createBaseUrlMatcher, DEFAULT_BASE_URLS, matchBaseUrl, parseBaseUrl } from './base-url.js';

describe('parseBaseUrl', () => {
  it.each([
    ['https://api.edenai.run', 'https://api.edenai.run', ''],
    ['https://api.edenai.run/v3', 'https://api.edenai.run', ''],
    ['https://api.edenai.run/v2/', 'https://api.edenai.run', ''],
    ['HTTPS://API.EdenAI.run.:443/', 'https://api.edenai.run', ''],
    ['https://proxy/eden', 'https://proxy', '/eden'],
    ['https://api.edenai.run/v3/llm', 'https://api.edenai.run', ''],
    ['https://proxy/eden/v3/', 'https://proxy', '/eden'],
    ['https://proxy/v3/eden', 'https://proxy', '/v3/eden'],
    ['http://127.0.0.1:8080//', 'http://127.0.0.1:8080', ''],
    ['http://[::1]:3000/x', 'http://[::1]:3000', '/x'],
  ])('reads %s', (text, origin, prefix) => {
    expect(parseBaseUrl(text)).toEqual({ origin, prefix });
    expect(parseBaseUrl(new URL(text))).toEqual({ origin, prefix });
  });

  it.each([
    '',
    'api.edenai.run',
    '/v3',
    'ftp://a',
    'file:///x',
    'https://u:p@a',
    'https://a?x=1',
    'https://a/#x',
    'https://',
  ])('refuses %j', (text) => {
    expect(parseBaseUrl(text)).toBeUndefined();
  });
});

describe('matchBaseUrl and createBaseUrlMatcher', () => {
  const bases = [
    ...DEFAULT_BASE_URLS,
    ...['https://proxy/eden/v3', 'https://proxy/eden/eu', 'http://localhost:9000'].map((url) => {
      const base = parseBaseUrl(url);
      if (!base) throw new Error(url);
      return base;
    }),
  ];
  const matcher = createBaseUrlMatcher(bases);
  const split = (text: string) => {
    const at = text.indexOf('/', text.indexOf('//') + 2);
    return at === -1 ? ([text, '/'] as const) : ([text.slice(0, at), text.slice(at)] as const);
  };

  it.each([
    ['https://api.edenai.run/v3/chat/completions?x=1', '/v3/chat/completions'],
    ['https://api.eu.edenai.run/v3/models', '/v3/models'],
    ['https://API.EDENAI.RUN:443/v3/models', '/v3/models'],
    ['https://api.edenai.run./v3/models', '/v3/models'],
    ['https://proxy/eden', '/'],
    ['https://proxy/eden?x', '/'],
    ['https://proxy/eden/chat/completions', '/chat/completions'],
    ['https://proxy/eden/v3/chat/completions', '/v3/chat/completions'],
    ['https://proxy/eden/eu/v3/models', '/v3/models'],
    ['http://localhost:9000/v3/models?a=/b', '/v3/models'],
  ])('%s is Eden AI', (url, path) => {
    expect(matchBaseUrl(bases, new URL(url))).toBe(path);
    expect(matcher(...split(url))).toBe(path);
  });

  it.each([
    'https://api.edenai.run.evil.com/v3/models',
    'https://evil.com/api.edenai.run',
    'https://api.edenai.run@evil.com/v3/models',
    'https://xapi.edenai.run/v3/models',
    'https://api.edenai.run:8443/v3/models',
    'http://api.edenai.run/v3/models',
    'https://proxy/eden-evil/v3/models',
    'https://proxy/x/eden/v3',
    'https://proxy/',
    'http://localhost:9001/v3/models',
  ])('%s is not', (url) => {
    expect(matchBaseUrl(bases, new URL(url))).toBeUndefined();
    expect(matcher(...split(url))).toBeUndefined();
    expect(matcher(...split(url))).toBeUndefined();
  });

  it('survives an origin that is none, and more origins than it remembers', () => {
    expect(matcher('', '/v3')).toBeUndefined();
    expect(matcher('not an origin', '/v3')).toBeUndefined();
    for (let i = 0; i < 3000; i++) expect(matcher(`https://host-${i}`, '/v3')).toBeUndefined();
    expect(matcher('https://api.edenai.run', '/v3/models')).toBe('/v3/models');
  });
});
