const { OpenAI } = require('openai');

// loaded before the adapter, as a client at the top of a module is
module.exports = new OpenAI({ baseURL: `${process.env.EDEN_URL}/v3`, apiKey: 'any', maxRetries: 0 });
