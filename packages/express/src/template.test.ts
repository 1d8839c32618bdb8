import { joinTemplates, maskValues, templateOf } from './template.js';

test.each([
  ['/users/:id', '/users/:id'],
  [['/users/:id'], '/users/:id'],
  [['/a', '/b/:id'], '(/a|/b/:id)'],
  [['/a', ['/b', /^\/c/]], '(/a|/b|/^\\/c/)'],
  [/^\/users\/(\d+)$/, '/^\\/users\\/(\\d+)$/'],
])('the template of %p is %s', (path, template) => {
  expect(templateOf(path)).toBe(template);
});

test.each([
  ['', '/', '/'],
  ['/users', '/', '/users'],
  ['', '/users', '/users'],
  ['/users/:id', '/posts', '/users/:id/posts'],
])('%p and %p make %p', (mount, path, joined) => {
  expect(joinTemplates(mount, path)).toBe(joined);
});

describe('a matched path of an Express that keeps no template', () => {
  const literal = { regexp: /^\/tenants\/(?:([^/]+?))\/?(?=\/|$)/i };

  test.each<[string, string, object, string]>([
    ['without parameters', '/api/v1', {}, '/api/v1'],
    ['with a parameter', '/tenants/42', { id: '42' }, '/tenants/:id'],
    ['with several', '/tenants/42/users/7', { id: '42', user: '7' }, '/tenants/:id/users/:user'],
    ['with an encoded value', '/tenants/a%20b%2Fc', { id: 'a b/c' }, '/tenants/:id'],
    ['with a value that is also fixed text', '/tenants/tenants', { id: 'tenants' }, '/tenants/:id'],
    ['with a value that is a part of fixed text', '/tenants/t', { id: 't' }, '/tenants/:id'],
    ['with the same value twice', '/a/1/b/1', { x: '1', y: '1' }, '/a/:y/b/:x'],
    ['with a value in a part of a segment', '/files/report.pdf', { name: 'report', type: 'pdf' }, '/files/:name'],
    ['with an optional one that is left out', '/tenants', { id: undefined }, '/tenants'],
    ['with a wildcard', '/files/a/b', { path: ['a', 'b'] }, '/files/:path/:path'],
    ['with a wildcard of Express 4', '/files/a/b', { 0: 'a/b' }, '/files/:0/:0'],
    ['that is not well encoded', '/tenants/%E0%A4%A', { id: '%E0%A4%A' }, '/tenants/:id'],
  ])('%s: %s', (_what, path, params, template) => {
    expect(maskValues(path, params)).toBe(template);
    expect(maskValues(path, {}, { ...literal, params })).toBe(template);
  });

  test('is not told when a value is not in it, as after app.param() has put an object there', () => {
    expect(maskValues('/tenants/42', { id: { name: 'acme' } })).toBe('/*');
  });

  test('is in lower case, as Express takes it, unless its layer tells the case', () => {
    expect(maskValues('/Tenants/Ann', { id: 'Ann' })).toBe('/tenants/:id');
    expect(maskValues('/Tenants/Ann', {}, { ...literal, params: { id: 'Ann' } })).toBe('/tenants/:id');
    const sensitive = { regexp: /^\/Tenants\/?(?=\/|$)/ };
    expect(maskValues('/Tenants', {}, sensitive)).toBe('/Tenants');
  });

  test('is not told when it is one of several', () => {
    expect(maskValues('/a', {}, { regexp: /^\/a\/?(?=\/|$)|^\/b\/?(?=\/|$)/i })).toBe('/*');
    expect(maskValues('/a', {}, { matchers: [{ name: 'match' }, { name: 'match' }] })).toBe('/*');
  });

  test('is not told when it was matched by a RegExp', () => {
    expect(maskValues('/tenants/42', {}, { regexp: /^\/tenants\/[^/]+/ })).toBe('/*');
    expect(maskValues('/tenants/42', {}, { matchers: [{ name: 'regexpMatcher' }] })).toBe('/*');
    expect(maskValues('/tenants', {}, { matchers: [{ name: 'match' }] })).toBe('/tenants');
  });
});
