/* SPDX-License-Identifier: MIT */
/* A recursive-descent parser that evaluates as it goes: no tree, no memory, no side effect. Both
 * sides of && and || are always read, so that all is checked; what is unknown on one side does not
 * matter where the other one decides. */

#include "fault/expression.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define DEPTH_MAX 50
#define WORD_MAX  64

struct parser {
	const char *text, *at;
	snet__expression_fn find;
	void *user;
	unsigned int depth;
	struct snet_err *err;
};

static int read_both(struct parser *parser, struct snet__expression_value *ret);
static int read_either(struct parser *parser, struct snet__expression_value *ret);

/* A letter's first byte, not those that follow it. */
static bool is_first_byte(char byte)
{
	return ((unsigned char)byte & 0xc0) != 0x80;
}

static unsigned int column_of(const struct parser *parser, const char *at)
{
	unsigned int column = 1;

	for (const char *byte = parser->text; byte < at; byte++)
		column += is_first_byte(*byte);
	return column;
}

__attribute__((format(printf, 3, 4))) static int fail(const struct parser *parser,
						      const char *at, const char *fmt,
						      ...)
{
	char what[SNET_ERR_MAX - 20]; /* behind the column */
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, args); /* cut if need be */
	va_end(args);
	return snet__err_set(parser->err, -EINVAL, "column %u: %s", column_of(parser, at),
			     what);
}

static void skip_blanks(struct parser *parser)
{
	while (isspace((unsigned char)*parser->at))
		parser->at++;
}

static bool take(struct parser *parser, const char *token)
{
	size_t length = strlen(token);

	skip_blanks(parser);
	if (strncmp(parser->at, token, length) != 0)
		return false;
	parser->at += length;
	return true;
}

static const char *type_name(enum snet__expression_type type)
{
	static const char *const names[] = {
		[SNET__EXPRESSION_NUMBER] = "a number",
		[SNET__EXPRESSION_DURATION] = "a duration",
		[SNET__EXPRESSION_TRUTH] = "a truth",
	};

	return names[type];
}

static int need_truth(const struct parser *parser, const char *at,
		      const struct snet__expression_value *value)
{
	return value->type == SNET__EXPRESSION_TRUTH
		       ? 0
		       : fail(parser, at, "%s where something true or false is needed",
			      type_name(value->type));
}

static int need_number(const struct parser *parser, const char *at,
		       const struct snet__expression_value *value)
{
	return value->type != SNET__EXPRESSION_TRUTH
		       ? 0
		       : fail(parser, at,
			      "something true or false where a number is "
			      "needed");
}

/* Both numbers, or both durations. */
static int need_same(const struct parser *parser, const char *at,
		     const struct snet__expression_value *a,
		     const struct snet__expression_value *b)
{
	int r;

	r = need_number(parser, at, a);
	if (r == 0)
		r = need_number(parser, at, b);
	if (r == 0 && a->type != b->type)
		return fail(parser, at,
			    "%s and %s do not go together (a duration has a unit: 20ms)",
			    type_name(a->type), type_name(b->type));
	return r;
}

/* A number behind which a unit may stand. */
static int read_number(struct parser *parser, struct snet__expression_value *ret)
{
	const char *begin = parser->at, *unit = begin + strspn(begin, "0123456789.");
	size_t length = (size_t)(unit - begin);
	char word[WORD_MAX];
	uint64_t ns = 0;
	int r;

	while (isalpha((unsigned char)begin[length]) ||
	       (unsigned char)begin[length] >= 0x80 || begin[length] == '%')
		length++;
	if (length >= sizeof(word))
		return fail(parser, begin, "too long a number");
	memcpy(word, begin, length);
	word[length] = '\0';
	parser->at += length;

	*ret = (struct snet__expression_value){.type = SNET__EXPRESSION_NUMBER};
	if (unit == parser->at) {
		r = snet__text_parse_number(&ret->number, word);
	} else if (*unit == '%') {
		r = snet__text_parse_share(&ret->number, word);
	} else {
		r = snet__text_parse_duration(&ns, word);
		ret->type = SNET__EXPRESSION_DURATION;
		ret->number = (double)ns;
	}
	return r == 0 ? 0
		      : fail(parser, begin,
			     "'%s' is no number, share up to 100%% or duration", word);
}

static int read_name(struct parser *parser, struct snet__expression_value *ret)
{
	const char *begin = parser->at;
	struct snet_err err = {0};
	char word[WORD_MAX];
	size_t length = 0;
	int r;

	while (isalnum((unsigned char)begin[length]) || begin[length] == '_' ||
	       begin[length] == '.')
		length++;
	if (length >= sizeof(word))
		return fail(parser, begin, "too long a name");
	memcpy(word, begin, length);
	word[length] = '\0';
	parser->at += length;
	r = parser->find(parser->user, word, ret, &err);
	if (r == -ENOENT)
		return fail(parser, begin, "%s", err.msg);
	return r < 0 ? snet__err_set(parser->err, r, "%s", err.msg) : 0;
}

static int read_atom(struct parser *parser, struct snet__expression_value *ret)
{
	const char *open;
	int r;

	if (take(parser, "(")) {
		open = parser->at - 1;
		r = read_either(parser, ret);
		if (r < 0 || take(parser, ")"))
			return r;
		return fail(parser, parser->at, "')' is missing, for '(' in column %u",
			    column_of(parser, open));
	}
	if (isdigit((unsigned char)*parser->at))
		return read_number(parser, ret);
	if (isalpha((unsigned char)*parser->at))
		return read_name(parser, ret);
	if (!*parser->at)
		return fail(parser, parser->at, "something is missing at the end");
	return fail(parser, parser->at, "a number or a name is needed here");
}

static int read_unary(struct parser *parser, struct snet__expression_value *ret)
{
	const char *at;
	bool is_not;
	int r;

	skip_blanks(parser);
	at = parser->at;
	is_not = take(parser, "!");
	if (!is_not && !take(parser, "-"))
		return read_atom(parser, ret);

	if (++parser->depth > DEPTH_MAX)
		return fail(parser, at, "nested too deeply");
	r = read_unary(parser, ret);
	parser->depth--;
	if (r == 0)
		r = is_not ? need_truth(parser, at, ret) : need_number(parser, at, ret);
	ret->is_unknown |= ret->more > 0;
	ret->number = is_not ? !(ret->number != 0) : -ret->number;
	return r;
}

/* What is made of two is known if both are, and exactly: ranges are not reckoned with, of which two
 * may be of one number. */
static void spread_unknown(struct snet__expression_value *ret,
			   const struct snet__expression_value *by)
{
	ret->is_unknown |= by->is_unknown || ret->more > 0 || by->more > 0;
}

static int multiply(const struct parser *parser, const char *at,
		    struct snet__expression_value *ret,
		    const struct snet__expression_value *by)
{
	if (ret->type == SNET__EXPRESSION_DURATION &&
	    by->type == SNET__EXPRESSION_DURATION)
		return fail(parser, at, "a duration times a duration is nothing");
	if (by->type == SNET__EXPRESSION_DURATION)
		ret->type = by->type;
	ret->number *= by->number;
	return 0;
}

static int divide(const struct parser *parser, const char *at,
		  struct snet__expression_value *ret,
		  const struct snet__expression_value *by)
{
	if (by->type == SNET__EXPRESSION_DURATION) {
		if (ret->type != SNET__EXPRESSION_DURATION)
			return fail(parser, at,
				    "a number cannot be divided by a "
				    "duration");
		ret->type = SNET__EXPRESSION_NUMBER;
	}
	if (by->number == 0)
		ret->is_unknown = true;
	else
		ret->number /= by->number;
	return 0;
}

static int read_product(struct parser *parser, struct snet__expression_value *ret)
{
	int r;

	r = read_unary(parser, ret);
	while (r == 0) {
		struct snet__expression_value by = {0};
		const char *at;
		bool is_times;

		skip_blanks(parser);
		at = parser->at;
		is_times = take(parser, "*");
		if (!is_times && !take(parser, "/"))
			return 0;
		r = read_unary(parser, &by);
		if (r == 0)
			r = need_number(parser, at, ret);
		if (r == 0)
			r = need_number(parser, at, &by);
		if (r < 0)
			return r;
		spread_unknown(ret, &by);
		r = is_times ? multiply(parser, at, ret, &by)
			     : divide(parser, at, ret, &by);
	}
	return r;
}

static int read_sum(struct parser *parser, struct snet__expression_value *ret)
{
	int r;

	r = read_product(parser, ret);
	while (r == 0) {
		struct snet__expression_value next = {0};
		const char *at;
		bool is_plus;

		skip_blanks(parser);
		at = parser->at;
		is_plus = take(parser, "+");
		if (!is_plus && !take(parser, "-"))
			return 0;
		r = read_product(parser, &next);
		if (r == 0)
			r = need_same(parser, at, ret, &next);
		if (r < 0)
			return r;
		spread_unknown(ret, &next);
		ret->number += is_plus ? next.number : -next.number;
	}
	return r;
}

/* Longer ones first. */
static const char *const operators[] = {"<=", ">=", "==", "!=", "<", ">"};
#define OPERATORS_COUNT (sizeof(operators) / sizeof(*operators))

static bool compare(size_t index, double a, double b)
{
	const bool results[OPERATORS_COUNT] = {a <= b, a >= b, a == b, a != b, a<b, a> b};

	return results[index];
}

/* Of two times that never came it cannot be told which is more, nor what their difference or their
 * ratio is: that is NAN in IEEE 754, as is all that is made of it. Ranges are compared where they are
 * apart. */
static bool can_compare(const struct snet__expression_value *a,
			const struct snet__expression_value *b)
{
	if (a->is_unknown || b->is_unknown || isnan(a->number - b->number))
		return false;
	return (a->more == 0 && b->more == 0) || a->number > b->number + b->more ||
	       b->number > a->number + a->more;
}

static int read_comparison(struct parser *parser, struct snet__expression_value *ret)
{
	struct snet__expression_value right = {0};
	const char *at;
	size_t index = 0;
	int r;

	r = read_sum(parser, ret);
	if (r < 0)
		return r;
	skip_blanks(parser);
	at = parser->at;
	while (index < OPERATORS_COUNT && !take(parser, operators[index]))
		index++;
	if (index == OPERATORS_COUNT)
		return 0;
	r = read_sum(parser, &right);
	if (r == 0)
		r = need_same(parser, at, ret, &right);
	*ret = (struct snet__expression_value){
		.type = SNET__EXPRESSION_TRUTH,
		.number = r == 0 && compare(index, ret->number, right.number),
		.is_unknown = r == 0 && !can_compare(ret, &right),
	};
	return r;
}

/* Operands that "&&" (@decisive: false) or "||" (@decisive: true) joins: one that is decisive is
 * all that counts. */
static int read_joined(struct parser *parser, struct snet__expression_value *ret,
		       bool decisive)
{
	const char *token = decisive ? "||" : "&&", *at;
	int (*read)(struct parser *, struct snet__expression_value *) =
		decisive ? read_both : read_comparison;
	int r;

	r = read(parser, ret);
	while (r == 0) {
		struct snet__expression_value next = {0};
		bool is_decided;

		skip_blanks(parser);
		at = parser->at;
		if (!take(parser, token))
			return 0;
		r = read(parser, &next);
		if (r == 0)
			r = need_truth(parser, at, ret);
		if (r == 0)
			r = need_truth(parser, at, &next);
		if (r < 0)
			return r;
		is_decided = (!ret->is_unknown && (ret->number != 0) == decisive) ||
			     (!next.is_unknown && (next.number != 0) == decisive);
		ret->is_unknown = !is_decided && (ret->is_unknown || next.is_unknown);
		ret->number = is_decided ? decisive : !decisive;
	}
	return r;
}

static int read_both(struct parser *parser, struct snet__expression_value *ret)
{
	return read_joined(parser, ret, false);
}

static int read_either(struct parser *parser, struct snet__expression_value *ret)
{
	int r;

	if (++parser->depth > DEPTH_MAX)
		return fail(parser, parser->at, "nested too deeply");
	r = read_joined(parser, ret, true);
	parser->depth--;
	return r;
}

int snet__expression_evaluate(struct snet__expression_value *ret, const char *text,
			      snet__expression_fn find, void *user, struct snet_err *err)
{
	struct parser parser = {
		.text = text, .at = text, .find = find, .user = user, .err = err};
	struct snet__expression_value value = {0};
	int r;

	r = read_either(&parser, &value);
	if (r < 0)
		return r;
	skip_blanks(&parser);
	if (*parser.at)
		return fail(&parser, parser.at, "not expected here: '%s'", parser.at);
	r = need_truth(&parser, text, &value);
	if (r == 0)
		*ret = value;
	return r;
}
