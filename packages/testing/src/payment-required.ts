/** Every body that Eden AI is known to send with a 402 (Eden AI wire notes, "Running out of credits"). */
export const PAYMENT_REQUIRED = {
  documented: '{"error": "Insufficient credits"}',
  openai:
    '{"error":{"message":"Insufficient credits","type":"insufficient_quota","param":null,"code":"insufficient_credits"}}',
  anthropic: '{"type":"error","error":{"type":"billing_error","message":"Insufficient credits"}}',
  detail: '{"detail":"Insufficient credits"}',
  'detail-list':
    '{"detail":[{"loc":["header","authorization"],"msg":"Insufficient credits","type":"insufficient_credits"}]}',
  v2: '{"error":{"type":"insufficient_credits","message":"Insufficient credits"}}',
  'v2-object':
    '{"error":{"type":"insufficient_credits","message":{"credits":["Insufficient credits"],"account":["Please add credits"]}}}',
  balance:
    '{"detail":"Insufficient credits","error_code":"INSUFFICIENT_CREDIT","required_credits":500,"available_credits":200}',
} as const;

/** One of the bodies that come with a 402. */
export type PaymentRequiredShape = keyof typeof PAYMENT_REQUIRED;
