/** Injection token of the app's meter; `@InjectMeter()` injects it. */
export const COST_METER = Symbol.for('@eden-cost/nestjs:meter');

/** Injection token of the module's options, resolved. */
export const COST_CONFIG = Symbol.for('@eden-cost/nestjs:config');

/** Where the decorators keep what they say of a class or a method. */
export const COST_MARKS = Symbol.for('@eden-cost/nestjs:marks');

/** Where an incoming request keeps its scope, where another copy of this package finds it. */
export const COST_REQUEST = Symbol.for('@eden-cost/nestjs:request');
