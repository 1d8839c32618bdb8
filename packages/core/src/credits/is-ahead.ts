/** Whether a moment is still to come. A clock that was set back must not make a short time long. */
export const isAhead = (until: number, now: number, longest: number): boolean => until > now && until - now <= longest;
