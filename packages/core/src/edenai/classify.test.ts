import { classify } from './classify.js';

describe('classify', () => {
  it.each([
    ['POST', '/v3/chat/completions', 'chat', 'openai'],
    ['post', '/chat/completions', 'chat', 'openai'],
    ['POST', '/v3/chat/completions/?a=b', 'chat', 'openai'],
    ['POST', '/v3/llm/chat/completions', 'chat', 'openai'],
    ['POST', '/llm/v1/embeddings', 'embeddings', 'openai'],
    ['POST', '/v3/responses', 'responses', 'openai'],
    ['POST', '/v3/v1/messages', 'messages', 'anthropic'],
    ['POST', '/v1/messages', 'messages', 'anthropic'],
    ['POST', '/v3/embeddings', 'embeddings', 'openai'],
    ['POST', '/v3/images/generations', 'images', 'openai'],
    ['POST', '/v3/images/edits', 'images', 'openai'],
    ['POST', '/v3/audio/speech', 'speech', 'openai'],
    ['POST', '/v3/audio/transcriptions', 'transcription', 'openai'],
    ['POST', '/v3/moderations', 'moderation', 'openai'],
    ['POST', '/v3/videos', 'video', 'openai'],
    ['POST', '/v3/universal-ai', 'feature', 'universal'],
    ['POST', '/v3/universal-ai/', 'feature', 'universal'],
    ['POST', '/v3/universal-ai/async', 'job', 'universal'],
    ['POST', '/v2/ocr/financial_parser', 'feature', 'v2'],
    ['POST', '/v2/translation/automatic_translation/', 'feature', 'v2'],
    ['POST', '/v2/audio/speech_to_text_async/', 'job', 'v2'],
    ['POST', '/v3/alpha/decisions', 'other', 'other'],
    ['GET', '/v3/something/new', 'other', 'other'],
    ['GET', '/', 'other', 'other'],
  ])('%s %s is %s', (method, path, operation, family) => {
    expect(classify(method, path)).toMatchObject({ operation, family, free: false });
  });

  it.each([
    ['/v2/ocr/financial_parser', 'ocr__financial_parser'],
    ['/v2/audio/speech_to_text_async/', 'audio__speech_to_text'],
    ['/v3/chat/completions', undefined],
  ])('POST %s is the feature %s in a consumption report, as far as its path says', (path, feature) => {
    expect(classify('POST', path).feature).toBe(feature);
  });

  it.each([
    ['GET', '/v3/universal-ai/async/6e0a-1', '6e0a-1', 'universal'],
    ['GET', '/universal-ai/async/6e0a-1/?full=1', '6e0a-1', 'universal'],
    ['GET', '/v3/videos/video%3A1', 'video:1', 'openai'],
    ['GET', '/v3/videos/%zz', '%zz', 'openai'],
    ['GET', '/v2/audio/speech_to_text_async/abc/', 'abc', 'v2'],
  ])('%s %s polls %s', (method, path, id, family) => {
    expect(classify(method, path)).toEqual({ operation: 'poll', family, free: false, poll: { id } });
  });

  it.each([
    ['GET', '/v3/models', 'openai'],
    ['GET', '/v3/llm/models', 'openai'],
    ['GET', '/v3/models/openai/gpt-4o', 'openai'],
    ['GET', '/v3/audio/speech/models', 'openai'],
    ['GET', '/v3/info/ocr/financial_parser', 'universal'],
    ['POST', '/v3/upload', 'universal'],
    ['POST', '/v3/manage/keys/', 'universal'],
    ['GET', '/v3/manage/usage/?step=1', 'universal'],
    ['GET', '/v2/cost_management/credits/', 'v2'],
    ['GET', '/v2/cost_management/?begin=2026-11-01', 'v2'],
    ['POST', '/v3/v1/messages/count_tokens', 'anthropic'],
    ['GET', '/v3/universal-ai/async', 'universal'],
    ['GET', '/v2/audio/speech_to_text_async/', 'v2'],
    ['GET', '/v3/videos', 'openai'],
    ['GET', '/v3/videos/v_1/content', 'openai'],
    ['DELETE', '/v3/universal-ai/async/1', 'universal'],
    ['DELETE', '/v3/videos/1', 'openai'],
    ['OPTIONS', '/v3/chat/completions', 'openai'],
    ['HEAD', '/v3/nothing', 'other'],
  ])('%s %s is free', (method, path, family) => {
    expect(classify(method, path)).toEqual({ operation: 'other', family, free: true });
  });
});
