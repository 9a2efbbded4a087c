/* SPDX-License-Identifier: MIT */
/* Functions in worker processes: every way in which an invocation is answered, in each
 * language; time, memory and sudden death; logs and records. */

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "faasctl.h"
#include "folder.h"
#include "suite.h"
#include "sys/netns.h"
#include "wait.h"

static struct faasctl ctl;

static void setup(void)
{
	ctl = (struct faasctl){0};
	faasctl_start(&ctl);
}

static void teardown(void)
{
	faasctl_stop(&ctl);
}

#define BLOCKING NS "/actions/f?blocking=true"
#define RESULT   NS "/actions/f?blocking=true&result=true"

/* What one version of an action answers to a blocking call with its result alone. */
static void check_code(const char *kind, const char *code, unsigned int status,
		       const char *text)
{
	faasctl_put(&ctl, "f", kind, code);
	(void)faasctl_call(&ctl, "POST", RESULT, "{\"name\":\"bob\"}");
	ck_assert_msg(ctl.answer.status == status && strstr(ctl.answer.body, text),
		      "%s: want %u '%s', got %u '%s'", code, status, text,
		      ctl.answer.status, ctl.answer.body);
}

START_TEST(javascript_answers_as_openwhisks_runtime_does)
{
	static const struct {
		const char *code;
		unsigned int status;
		const char *text;
	} cases[] = {
		{"function main(p) { return {hi: p.name}; }", 200, "{\"hi\":\"bob\"}"},
		{"const main = (p) => ({hi: p.name})", 200, "{\"hi\":\"bob\"}"},
		{"async function main(p) { return {hi: p.name}; }", 200,
		 "{\"hi\":\"bob\"}"},
		{"exports.main = p => ({hi: p.name})", 200, "{\"hi\":\"bob\"}"},
		{"module.exports.main = p => ({hi: p.name})", 200, "{\"hi\":\"bob\"}"},
		{"global.main = p => ({hi: p.name})", 200, "{\"hi\":\"bob\"}"},
		{"x = 3; function main() { return {x}; } // end", 200, "{\"x\":3}"},
		{"function main() { return new Promise(r => setTimeout(() => r({t: 1}), 5)); }",
		 200, "{\"t\":1}"},
		{"function main() { return {os: typeof require('os').cpus}; }", 200,
		 "function"},
		{"function main() {}", 200, "{}"},
		{"function main() { return [1, 2]; }", 200, "[1,2]"},
		{"function main() { return {error: 'mine'}; }", 502,
		 "{\"error\":\"mine\"}"},
		{"function main() { return 'text'; }", 502,
		 "{\"error\":\"The action did not return a dictionary.\"}"},
		{"function main() { return null; }", 502, "did not produce a valid JSON"},
		{"function main() { throw new Error('boom'); }", 502,
		 "{\"error\":\"An error has occurred: Error: boom\"}"},
		{"function main() { throw 'nooooo'; }", 502,
		 "{\"error\":\"An error has occurred: nooooo\"}"},
		{"function main() { return Promise.reject({msg: 'x'}); }", 502,
		 "{\"error\":{\"msg\":\"x\"}}"},
		{"function main() { return Promise.reject(); }", 502, "{\"error\":{}}"},
		{"async function main() { throw new Error('bad'); }", 502,
		 "{\"error\":{\"name\":\"Error\",\"message\":\"bad\",\"stack\":"},
		{"function main() { return new Promise(() => setTimeout(() => { throw new "
		 "Error('late'); })); }",
		 502, "\"message\":\"late\""},
		{"function main( {", 502,
		 "Initialization has failed due to: SyntaxError"},
		{"function other() {}", 502,
		 "Initialization has failed due to: Action entrypoint 'main' is not a function."},
		{"function main() { process.exit(3); }", 502,
		 "The action did not produce a valid response and exited unexpectedly."},
		{"function main() { process.abort(); }", 502,
		 "The action did not produce a valid response and exited unexpectedly."},
		{"function main() { process.exit(134); }", 502,
		 "The action did not produce a valid response and exited unexpectedly."},
		{"function main() { return {at_home: process.cwd() === process.env.HOME, "
		 "own: /function@.*@/.test(process.cwd())}; }",
		 200, "{\"at_home\":true,\"own\":true}"},
		{"process.exit(3)", 502,
		 "The action did not initialize and exited unexpectedly."},
		{"const env = process.env; function main() { return {n: env.__OW_ACTION_NAME, h: "
		 "typeof env.__OW_DEADLINE}; }",
		 200, "{\"n\":\"/guest/f\",\"h\":\"string\"}"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		check_code("nodejs:18", cases[i].code, cases[i].status, cases[i].text);
}
END_TEST

START_TEST(python_answers_as_openwhisks_runtime_does)
{
	static const struct {
		const char *code;
		unsigned int status;
		const char *text;
	} cases[] = {
		{"def main(p):\n  return {'hi': p['name']}", 200, "{\"hi\":\"bob\"}"},
		{"main = lambda p: [1, 2]", 200, "[1,2]"},
		{"def main(p):\n  raise ValueError('bad')", 502, "{\"error\": \"bad\"}"},
		{"def main(p):\n  return 'text'", 502,
		 "The action did not return a dictionary or array."},
		{"def main(p:", 502, "Initialization has failed due to: SyntaxError"},
		{"def other(p): pass", 502,
		 "Action entrypoint 'main' is not a function."},
		{"import os\ndef main(p):\n  os._exit(1)", 502,
		 "The action did not produce a valid response and exited unexpectedly."},
		{"import os\nos._exit(1)", 502,
		 "The action did not initialize and exited unexpectedly."},
		{"import os\ndef main(p):\n  return {'n': os.environ['__OW_ACTION_NAME']}",
		 200, "{\"n\":\"/guest/f\"}"},
		{"import os\ndef main(p):\n  return [os.getcwd() == os.environ['HOME'], "
		 "'/function@' in os.getcwd()]",
		 200, "[true,true]"},
		{"import sys\ndef main(p):\n  return {'in': sys.stdin.read()}", 200,
		 "{\"in\":\"\"}"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		check_code("python:default", cases[i].code, cases[i].status,
			   cases[i].text);
}
END_TEST

START_TEST(executables_speak_actionloop_or_are_started_for_each_run)
{
	char id[33];

	check_code("blackbox", "#!/bin/sh\necho a log\necho \"{\\\"got\\\": $1}\"", 200,
		   "{\"got\": {\"name\":\"bob\"}}");
	faasctl_id(&ctl, id);
	ck_assert_ptr_nonnull(strstr(faasctl_record(&ctl, id), "stdout: a log\"]"));
	check_code("blackbox", "#!/bin/sh\nread x; echo \"$x\"", 200,
		   "{\"name\":\"bob\"}");
	check_code("blackbox",
		   "#!/bin/sh\necho \"{\\\"n\\\":\\\"$__OW_ACTION_NAME\\\"}\"", 200,
		   "{\"n\":\"/guest/f\"}");
	check_code("blackbox", "#!/bin/sh\n[ $(pwd) = $HOME ] && echo [1]", 200, "[1]");
	check_code("blackbox", "#!/bin/sh\necho no json", 502,
		   "The action did not return a dictionary or array.");
	check_code("blackbox", "#!/nonexistent/interpreter", 500,
		   "No such file or directory");
	check_code(
		"native",
		"#!/bin/sh\nwhile read x; do echo log; echo '{\"pid\":'$$'}' >&3; done",
		200, "{\"pid\":");
	check_code(
		"native", "#!/bin/sh\nread x; exit 1", 502,
		"The action did not produce a valid response and exited unexpectedly.");
	check_code(
		"native", "#!/bin/sh\nread x; echo nonsense >&3; read y", 502,
		"The action did not produce a valid JSON or JSON Array response: nonsense");
	check_code("blackbox", "no program at all, really", 502, "Exec format error");
}
END_TEST

/* The base64 text of an archive that python3 makes of NAME=TEXT words. */
static void put_archive(const char *kind, const char *words)
{
	char command[2000], *code = calloc(1, 100000);
	FILE *python;

	(void)snprintf(command, sizeof(command),
		       "python3 -c \"import sys,io,zipfile,base64\nb=io.BytesIO()\n"
		       "z=zipfile.ZipFile(b,'w')\n"
		       "[z.writestr(*w.split('=',1)) for w in sys.argv[1:]]\nz.close()\n"
		       "print(base64.b64encode(b.getvalue()).decode(),end='')\" %s",
		       words);
	python = popen(command, "r");
	ck_assert_ptr_nonnull(fgets(code, 100000, python));
	ck_assert_int_eq(pclose(python), 0);
	faasctl_put(&ctl, "f", kind, code);
	free(code);
}

START_TEST(archives_are_unpacked)
{
	put_archive("nodejs:default",
		    "'package.json={\"main\":\"a.js\"}' 'lib.js=exports.x=7' "
		    "'a.js=exports.main=()=>({x:require(\"./lib\").x})'");
	faasctl_expect(&ctl, "GET", NS "/actions/f?code=false", NULL, 200,
		       "\"binary\":true");
	faasctl_expect(&ctl, "POST", RESULT, "{}", 200, "{\"x\":7}");
	put_archive("nodejs:default", "'other.js=1'");
	faasctl_expect(
		&ctl, "POST", RESULT, "{}", 502,
		"Zipped actions must contain either package.json or index.js at the root.");
	put_archive(
		"python:default",
		"'__main__.py=import lib\ndef main(p): return {\"x\": lib.x}' 'lib.py=x=8'");
	faasctl_expect(&ctl, "POST", RESULT, "{}", 200, "{\"x\":8}");
	put_archive("python:default", "'other.py=1'");
	faasctl_expect(&ctl, "POST", RESULT, "{}", 502,
		       "Zip file does not include __main__.py");
	put_archive("blackbox", "'exec=#!/bin/sh\necho \"{\\\"x\\\":9}\"'");
	faasctl_expect(&ctl, "POST", RESULT, "{}", 200, "{\"x\":9}");
	faasctl_put(&ctl, "f", "nodejs:default", "UEsDBAAAAAAAAAAA");
	faasctl_expect(&ctl, "POST", RESULT, "{}", 502,
		       "There was an error uncompressing");
}
END_TEST

START_TEST(a_record_tells_a_cold_start_from_a_warm_one)
{
	char id[33];

	faasctl_put(
		&ctl, "f", "nodejs:default",
		"let n = 0; function main() { console.log('n', n); console.error('e'); "
		"return {n: ++n}; }");
	faasctl_expect(
		&ctl, "POST", BLOCKING, "{}", 200,
		"\"response\":{\"status\":\"success\",\"success\":true,\"result\":{\"n\":1},"
		"\"size\":7},\"logs\":[]");
	ck_assert_ptr_nonnull(strstr(ctl.answer.body, "\"initTime\""));
	ck_assert_ptr_nonnull(
		strstr(ctl.answer.body, "{\"key\":\"path\",\"value\":\"guest/f\"}"));
	ck_assert_ptr_nonnull(
		strstr(ctl.answer.body, "{\"key\":\"snet\",\"value\":{\"startedNs\":\""));
	faasctl_expect(&ctl, "POST", BLOCKING, NULL, 200, "{\"n\":2}");
	ck_assert_ptr_null(strstr(ctl.answer.body, "initTime"));
	faasctl_id(&ctl, id);
	ck_assert_ptr_nonnull(strstr(faasctl_record(&ctl, id), "stdout: n 1\""));
	ck_assert_ptr_nonnull(strstr(ctl.answer.body, "stderr: e\""));
	ck_assert_ptr_null(strstr(ctl.answer.body, "n 0"));
}
END_TEST

START_TEST(parameters_are_merged_and_final_ones_protected)
{
	static const char body[] =
		"{\"exec\":{\"kind\":\"nodejs:20\",\"code\":\"function main(p) { return {p, "
		"e: process.env.INIT}; }\"},\"parameters\":[{\"key\":\"a\",\"value\":1},"
		"{\"key\":\"b\",\"value\":null},{\"key\":\"INIT\",\"value\":{\"x\":1},\"init\":"
		"true}],\"annotations\":[{\"key\":\"final\",\"value\":%s}]}";
	char text[1000];

	(void)snprintf(text, sizeof(text), body, "false");
	faasctl_expect(&ctl, "PUT", NS "/actions/f", text, 200, "0.0.1");
	faasctl_expect(
		&ctl, "POST", RESULT, "{\"c\":\"x\\ny\"}", 200,
		"{\"p\":{\"a\":1,\"b\":null,\"c\":\"x\\ny\"},\"e\":\"{\\\"x\\\":1}\"}");
	faasctl_expect(&ctl, "POST", RESULT, "{\n\"a\":\n2}", 200,
		       "{\"a\":2,\"b\":null}");
	(void)snprintf(text, sizeof(text), body, "true");
	faasctl_expect(&ctl, "PUT", NS "/actions/f?overwrite=true", text, 200, "0.0.2");
	faasctl_expect(&ctl, "POST", RESULT, "{\"a\":2}", 400,
		       "Request defines parameters that are not allowed (e.g., reserved "
		       "properties).");
	faasctl_expect(&ctl, "POST", RESULT, "{\"b\":2}", 200, "\"b\":2");
}
END_TEST

START_TEST(wrong_invocations_are_refused)
{
	char *large = malloc(1100001);

	faasctl_put(&ctl, "f", "nodejs:default", "function main(p) { return p; }");
	faasctl_expect(&ctl, "POST", RESULT, "[1]", 400, "Object expected, not an array");
	faasctl_expect(&ctl, "POST", RESULT, "7", 400, "Object expected, not a number");
	faasctl_expect(&ctl, "POST", RESULT, "{", 400,
		       "The request content was malformed");
	faasctl_expect(&ctl, "POST", BLOCKING "&timeout=0", "{}", 400,
		       "Timeout must be number of milliseconds up to 60000.");
	faasctl_expect(&ctl, "POST", BLOCKING "&timeout=60001", "{}", 400,
		       "up to 60000.");
	faasctl_expect(&ctl, "POST", BLOCKING "&timeout=x", "{}", 400, "up to 60000.");
	memset(large, ' ', 1100000);
	large[1100000] = '\0';
	faasctl_expect(&ctl, "POST", RESULT, large, 413,
		       "Request larger than allowed: 1100000 > 1048576 bytes.");
	memset(large, 'a', 1000000);
	memcpy(large, "{\"s\":\"", 6);
	memcpy(large + 999998, "\"}", 3);
	faasctl_expect(&ctl, "POST", RESULT, large, 200, "{\"s\":\"aaaa");
	ck_assert_uint_eq(ctl.answer.body_size, 1000000);
	free(large);
	check_code(
		"nodejs:default", "function main() { return {s: 'x'.repeat(1100000)}; }",
		502,
		"The action produced a response that exceeded the allowed length: 1100008 > "
		"1048576 bytes. The truncated response was: {\\\"s\\\":\\\"xxx");
}
END_TEST

START_TEST(who_does_not_wait_gets_an_id_and_finds_the_record_later)
{
	char id[33], target[200];

	faasctl_put(&ctl, "f", "nodejs:default",
		    "function main() { console.log('ran'); return {done: true}; }");
	faasctl_expect(&ctl, "POST", NS "/actions/f?result=true", "{}", 202,
		       "{\"activationId\":\"");
	faasctl_id(&ctl, id);
	ck_assert_ptr_nonnull(strstr(faasctl_record(&ctl, id), "{\"done\":true}"));
	(void)snprintf(target, sizeof(target), NS "/activations/%s/result", id);
	faasctl_expect(
		&ctl, "GET", target, NULL, 200,
		"{\"status\":\"success\",\"success\":true,\"result\":{\"done\":true}");
	(void)snprintf(target, sizeof(target), NS "/activations/%s/logs", id);
	faasctl_expect(&ctl, "GET", target, NULL, 200, "stdout: ran\"]}");
	(void)snprintf(target, sizeof(target), NS "/activations/%s/other", id);
	faasctl_expect(&ctl, "GET", target, NULL, 404, "does not exist");
	/* And who loses patience. */
	faasctl_put(
		&ctl, "f", "nodejs:default",
		"function main() { return new Promise(r => setTimeout(() => r({slow: 1}), "
		"300)); }");
	faasctl_expect(&ctl, "POST", BLOCKING "&timeout=50", "{}", 202,
		       "{\"activationId\":\"");
	faasctl_id(&ctl, id);
	ck_assert_ptr_nonnull(strstr(faasctl_record(&ctl, id), "{\"slow\":1}"));
}
END_TEST

START_TEST(a_time_limit_ends_a_function_but_not_the_next_one)
{
	faasctl_expect(
		&ctl, "PUT", NS "/actions/f",
		"{\"exec\":{\"kind\":\"nodejs:20\",\"code\":\"function main(p) { console.log("
		"'begun'); while (p.loop); return {ok: 1}; }\"},\"limits\":{\"timeout\":200}}",
		200, "0.0.1");
	faasctl_expect(&ctl, "POST", BLOCKING, "{\"loop\":true}", 502,
		       "The action exceeded its time limits of 200 milliseconds.\"");
	ck_assert_ptr_nonnull(
		strstr(ctl.answer.body, "{\"key\":\"timeout\",\"value\":true}"));
	ck_assert_ptr_nonnull(
		strstr(ctl.answer.body, "\"status\":\"action developer error\""));
	faasctl_expect(&ctl, "POST", BLOCKING, "{}", 200, "{\"ok\":1}");
	ck_assert_ptr_nonnull(strstr(ctl.answer.body, "initTime"));
	faasctl_expect(&ctl, "PUT", NS "/actions/f?overwrite=true",
		       "{\"exec\":{\"kind\":\"nodejs:20\",\"code\":\"for (;;);\"}}", 200,
		       "0.0.2");
	faasctl_expect(&ctl, "POST", BLOCKING, "{}", 502,
		       "The action exceeded its time limits of 200 milliseconds during "
		       "initialization.\"");
}
END_TEST

static void check_memory(const char *kind, const char *code)
{
	struct snet__json *json = snet__json_new_object(), *part;
	char *text;

	part = snet__json_add(json, "exec", snet__json_new_object());
	snet__json_add_string(part, "kind", kind);
	snet__json_add_string(part, "code", code);
	part = snet__json_add(json, "limits", snet__json_new_object());
	snet__json_add_number(part, "memory", 128);
	text = snet__json_format(json);
	faasctl_expect(&ctl, "PUT", NS "/actions/f?overwrite=true", text, 200,
		       "\"memory\":128");
	free(text);
	snet__json_free(json);
	faasctl_expect(
		&ctl, "POST", RESULT, "{}", 502,
		"{\"error\":\"The action exhausted its memory and was aborted.\"}");
}

START_TEST(a_memory_limit_ends_a_function)
{
	check_memory(
		"nodejs:20",
		"function main() { const all = []; for (;;) all.push(Buffer.alloc(1048576, "
		"1)); }");
	check_memory(
		"nodejs:20",
		"function main() { const all = []; for (;;) all.push(new Array(1000).fill({}"
		")); }");
	check_memory("python:3",
		     "def main(p):\n  a = []\n  while True:\n    a.append(bytearray(b'x'"
		     ") * 1048576)");
}
END_TEST

/* A worker has PIDs of its own; /proc has the number that it has outside. */
#define PID_JS "Number(require('fs').readlinkSync('/proc/self'))"

/* The process of the worker that answered last. */
static pid_t last_pid(const struct faasctl *from)
{
	const char *at = strstr(from->answer.body, "\"pid\":");
	pid_t pid;

	ck_assert_ptr_nonnull(at);
	pid = (pid_t)atoi(at + 6);
	ck_assert_int_gt(pid, 1); /* which is not ours to kill */
	return pid;
}

/* Whether what the function @code has started and detached, "pid" in its answer, ends when
 * its action is deleted. */
static void check_leaver(const char *kind, const char *code)
{
	int pidfd;

	faasctl_put(&ctl, "f", kind, code);
	faasctl_expect(&ctl, "POST", RESULT, "{}", 200, "pid");
	pidfd = (int)syscall(SYS_pidfd_open, last_pid(&ctl), 0);
	ck_assert_int_ge(pidfd, 0);
	faasctl_expect(&ctl, "DELETE", NS "/actions/f", NULL, 200, "exec");
	ck_assert(wait_readable(pidfd));
	close(pidfd);
}

#define TELL_AND_SLEEP "read -r pid rest </proc/self/stat; echo $pid; exec sleep 1000"

START_TEST(what_a_function_has_detached_ends_with_its_worker)
{
	check_leaver(
		"nodejs:20",
		"function main() { const child = require('child_process').spawn('sh', "
		"['-c', '" TELL_AND_SLEEP "'], {detached: true, stdio: ['ignore', "
		"'pipe', 'ignore']}); child.unref(); return new Promise(done => "
		"child.stdout.once('data', text => done({pid: Number(text)}))); }");
	check_leaver("python:3",
		     "import subprocess\ndef main(p):\n  child = subprocess.Popen(['sh', "
		     "'-c', '" TELL_AND_SLEEP "'], start_new_session=True, "
		     "stdout=subprocess.PIPE)\n  return {'pid': "
		     "int(child.stdout.readline())}");
}
END_TEST

static void on_pid_line(void *user, const char *function, const char *line)
{
	const int *to = user;
	pid_t pid = atoi(line);

	(void)function;
	(void)!write(*to, &pid, sizeof(pid));
}

START_TEST(a_worker_dies_with_a_lab_that_is_killed_whoever_it_has_become)
{
	/* The kernel forgets that who becomes another user is to die with its parent. */
	static const char code[] =
		"import os, time\n"
		"def main(p):\n"
		"  if os.geteuid() == 0: os.setresuid(65534, 65534, 65534)\n"
		"  print(os.readlink('/proc/self'), flush=True)\n"
		"  time.sleep(1000)\n";
	struct faasctl own = {.opts.log = on_pid_line};
	struct test_folder folder;
	int ends[2], pidfd;
	pid_t lab, worker = 0;

	ck_assert_int_eq(pipe(ends), 0);
	/* Who is killed does not clear up. */
	test_folder_new(&folder);
	own.opts.folder = folder.path;
	own.opts.user = &ends[1];
	lab = fork();
	if (lab == 0) {
		faasctl_start(&own);
		faasctl_put(&own, "f", "python:default", code);
		faasctl_expect(&own, "POST", NS "/actions/f", "{}", 202, "activationId");
		for (;;)
			pause();
	}
	ck_assert(wait_readable(ends[0]));
	ck_assert_int_eq(read(ends[0], &worker, sizeof(worker)), sizeof(worker));
	ck_assert_int_gt(worker, 1);
	pidfd = (int)syscall(SYS_pidfd_open, worker, 0);
	ck_assert_int_ge(pidfd, 0);
	ck_assert_int_eq(kill(lab, SIGKILL), 0);
	ck_assert_int_eq(waitpid(lab, NULL, 0), lab);
	ck_assert(wait_readable(pidfd));
	close(pidfd);
	close(ends[0]);
	close(ends[1]);
	test_folder_free(&folder);
}
END_TEST

static void on_log(void *user, const char *function, const char *line)
{
	if (strcmp(function, "f") == 0 && strcmp(line, "seen") == 0)
		__atomic_store_n((int *)user, 1, __ATOMIC_SEQ_CST);
}

START_TEST(a_killed_worker_is_replaced)
{
	struct faasctl own = {.opts.log = on_log};
	struct rawhttp_answer answer;
	int seen = 0;
	pid_t pid;
	int fd;

	own.opts.user = &seen;
	faasctl_start(&own);
	faasctl_put(
		&own, "f", "nodejs:default",
		"function main(p) { if (p.hang) console.log('seen'); return p.hang ? new Promise(() => {}) : {pid: " PID_JS
		"}; }");
	faasctl_expect(&own, "POST", RESULT, "{}", 200, "pid");
	pid = last_pid(&own);
	/* Killed in idleness: nobody notices but by a cold start. */
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	while (kill(pid, 0) ==
	       0) /* until it is reaped; bounded by the test's time limit */
		sched_yield();
	faasctl_expect(&own, "POST", BLOCKING, "{}", 200, "initTime");
	pid = last_pid(&own);
	/* Killed at work. */
	fd = rawhttp_connect(own.port);
	rawhttp_send_text(fd, "POST " RESULT " HTTP/1.1\r\nHost: a\r\n" GUEST_HEADER
			      "Content-Length: 13\r\n\r\n{\"hang\":true}");
	while (!__atomic_load_n(&seen, __ATOMIC_SEQ_CST)) /* it has begun */
		sched_yield();
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	rawhttp_read(fd, &answer);
	ck_assert_uint_eq(answer.status, 502);
	ck_assert_str_eq(answer.body,
			 "{\"error\":\"The action did not produce a valid response "
			 "and exited unexpectedly.\"}");
	rawhttp_free(&answer);
	close(fd);
	faasctl_expect(&own, "POST", RESULT, "{}", 200, "pid");
	faasctl_stop(&own);
}
END_TEST

START_TEST(an_update_takes_effect_at_once_and_a_deletion_ends_the_workers)
{
	pid_t pid;

	faasctl_put(&ctl, "f", "nodejs:default", "function main() { return {v: 1}; }");
	faasctl_expect(&ctl, "POST", RESULT, "{}", 200, "{\"v\":1}");
	faasctl_put(&ctl, "f", "nodejs:default",
		    "function main() { return {v: 2, pid: " PID_JS "}; }");
	faasctl_expect(&ctl, "POST", RESULT, "{}", 200, "{\"v\":2");
	pid = last_pid(&ctl);
	faasctl_expect(&ctl, "DELETE", NS "/actions/f", NULL, 200, "nodejs");
	while (kill(pid, 0) == 0)
		sched_yield();
	faasctl_expect(&ctl, "POST", RESULT, "{}", 404, "does not exist");
}
END_TEST

/* Of the last call; to be freed. */
static struct snet__json *read_record(void)
{
	struct snet__json *record = NULL;
	char id[33];

	faasctl_id(&ctl, id);
	(void)faasctl_record(&ctl, id);
	ck_assert_int_eq(snet__json_parse(&record, ctl.answer.body, ctl.answer.body_size,
					  NULL),
			 0);
	return record;
}

START_TEST(logs_are_complete_and_limited)
{
	struct snet__json *record = NULL;
	const struct snet__json *logs;

	/* More than pipes hold, on both of them, before the result. */
	faasctl_put(
		&ctl, "f", "nodejs:default",
		"function main() { for (let i = 0; i < 3000; i++) { console.log('o'.repeat(90)); "
		"console.error('e'.repeat(90)); } return {}; }");
	faasctl_expect(&ctl, "POST", RESULT, "{}", 200, "{}");
	record = read_record();
	ck_assert_uint_eq(snet__json_count(snet__json_get(record, "logs")), 6000);
	snet__json_free(record);

	faasctl_expect(&ctl, "PUT", NS "/actions/f?overwrite=true",
		       "{\"limits\":{\"logs\":0}}", 200, "\"logs\":0");
	faasctl_expect(&ctl, "POST", RESULT, "{}", 200, "{}");
	record = read_record();
	logs = snet__json_get(record, "logs");
	ck_assert_uint_eq(snet__json_count(logs), 1);
	ck_assert_str_eq(
		snet__json_string(snet__json_at(logs, 0)),
		"Logs were truncated because the total bytes size exceeds the limit of 0 "
		"bytes.");
	snet__json_free(record);
}
END_TEST

START_TEST(line_ends_alone_are_limited_by_what_they_take_to_keep)
{
	struct snet__json *record = NULL;
	const struct snet__json *logs;
	size_t count;

	faasctl_put(&ctl, "f", "python:default",
		    "def main(p):\n  print('\\n' * 100000)\n  return {}");
	faasctl_expect(&ctl, "PUT", NS "/actions/f?overwrite=true",
		       "{\"limits\":{\"logs\":1}}", 200, "\"logs\":1");
	faasctl_expect(&ctl, "POST", RESULT, "{}", 200, "{}");
	record = read_record();
	logs = snet__json_get(record, "logs");
	count = snet__json_count(logs);
	ck_assert_uint_gt(count, 5000);
	ck_assert_uint_lt(count, 10000);
	ck_assert_ptr_nonnull(strstr(snet__json_string(snet__json_at(logs, count - 1)),
				     "the limit of 1048576 bytes."));
	snet__json_free(record);
}
END_TEST

START_TEST(old_records_make_room_for_large_ones)
{
	char target[200], id[33];

	faasctl_put(&ctl, "f", "python:default",
		    "def main(p): return {'s': 'x' * 1048000}");
	faasctl_expect(&ctl, "POST", NS "/actions/f", "{}", 202, "");
	faasctl_id(&ctl, id);
	(void)faasctl_record(&ctl, id);
	for (int i = 0; i < 128; i++) {
		(void)faasctl_call(&ctl, "POST", RESULT, "{}");
		ck_assert_uint_eq(ctl.answer.status, 200);
	}
	(void)snprintf(target, sizeof(target), NS "/activations/%s", id);
	(void)faasctl_call(&ctl, "GET", target, NULL);
	ck_assert_uint_eq(ctl.answer.status, 404);
	faasctl_expect(&ctl, "GET", NS "/activations?count=true", NULL, 200,
		       "{\"activations\":128}");
}
END_TEST

/* A log that takes its time, as a lab's does. */
static void on_slow_log(void *user, const char *function, const char *line)
{
	int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);

	(void)user;
	(void)function;
	(void)line;
	close(fd);
}

/* Each prints for ever, and faster than a line is taken in. */
static const struct {
	const char *code, *answer;
	unsigned int timeout_ms; /* what it ends by, or what does not come to it */
} endless[] = {
	{"yes ''", "The action exceeded its time limits of 300 milliseconds.", 300},
	{"yes '' >&2", "The action exceeded its time limits of 300 milliseconds.", 300},
	{"yes '' & echo '{\"f\":1}' >&3", "{\"f\":1}", 60000},
	{"echo '{\"f\":2}' >&3; yes '' >&3", "{\"f\":2}", 60000},
};

START_TEST(who_prints_without_end_holds_nobody_up)
{
	struct faasctl own = {.opts.log = on_slow_log};
	struct rawhttp_answer answer;
	char text[500];
	int fd;

	faasctl_start(&own);
	(void)snprintf(text, sizeof(text), "#!/bin/sh\nread x; %s; read x",
		       endless[_i].code);
	faasctl_put(&own, "f", "native", text);
	faasctl_put(&own, "g", "native",
		    "#!/bin/sh\nwhile read x; do echo '{\"g\":1}' >&3; done");
	(void)snprintf(text, sizeof(text), "{\"limits\":{\"timeout\":%u,\"logs\":1}}",
		       endless[_i].timeout_ms);
	faasctl_expect(&own, "PUT", NS "/actions/f?overwrite=true", text, 200, "0.0.2");
	fd = rawhttp_connect(own.port);
	rawhttp_send_text(fd, "POST " RESULT " HTTP/1.1\r\nHost: a\r\n" GUEST_HEADER
			      "Content-Length: 2\r\n\r\n{}");
	for (int i = 0; i < 5; i++)
		faasctl_expect(&own, "POST", NS "/actions/g?blocking=true&result=true",
			       "{}", 200, "{\"g\":1}");
	rawhttp_read(fd, &answer);
	ck_assert_msg(strstr(answer.body, endless[_i].answer), "%s", answer.body);
	rawhttp_free(&answer);
	close(fd);
	faasctl_stop(&own);
}
END_TEST

START_TEST(activations_are_listed_newest_first)
{
	struct snet__json *list = NULL;
	char target[200];

	faasctl_put(&ctl, "f", "nodejs:default", "function main(p) { return p; }");
	faasctl_put(&ctl, "g", "nodejs:default",
		    "function main(p) { return {error: 1}; }");
	for (int i = 0; i < 3; i++)
		faasctl_expect(&ctl, "POST", RESULT, "{}", 200, "{}");
	faasctl_expect(&ctl, "POST", NS "/actions/g?blocking=true", "{}", 502,
		       "\"status\":\"application error\"");
	faasctl_expect(&ctl, "GET", NS "/activations?limit=1", NULL, 200,
		       "\"statusCode\":1");
	faasctl_expect(&ctl, "GET", NS "/activations?name=f&count=true", NULL, 200,
		       "{\"activations\":3}");
	faasctl_expect(&ctl, "GET", NS "/activations?count=true&skip=1", NULL, 200,
		       "{\"activations\":3}");
	faasctl_expect(&ctl, "GET", NS "/activations?name=f&docs=true&limit=2&skip=1",
		       NULL, 200, "\"response\":");
	ck_assert_int_eq(snet__json_parse(&list, ctl.answer.body, ctl.answer.body_size,
					  NULL),
			 0);
	ck_assert_uint_eq(snet__json_count(list), 2);
	snet__json_free(list);
	faasctl_expect(&ctl, "GET", NS "/activations?upto=1000", NULL, 200, "[]");
	(void)snprintf(target, sizeof(target), NS "/activations?since=%lld&count=true",
		       (long long)time(NULL) * 1000 - 3600000);
	faasctl_expect(&ctl, "GET", target, NULL, 200, "{\"activations\":4}");
	faasctl_expect(&ctl, "GET", NS "/activations?since=x", NULL, 400,
		       "is not an integer");
}
END_TEST

START_TEST(more_calls_than_workers_are_all_answered)
{
	enum {
		CALLS = 60
	};
	struct rawhttp_answer answer;
	int fds[CALLS];

	faasctl_put(&ctl, "f", "python:default", "def main(p): return {'f': p['i']}");
	faasctl_put(&ctl, "g", "python:default", "def main(p): return {'g': p['i']}");
	for (int i = 0; i < CALLS; i++) {
		char text[1000];

		(void)snprintf(text, sizeof(text),
			       "POST " NS
			       "/actions/%c?blocking=true&result=true HTTP/1.1\r\n"
			       "Host: a\r\n" GUEST_HEADER
			       "Content-Length: 8\r\n\r\n{\"i\":%2d}",
			       "fg"[i % 2], i);
		fds[i] = rawhttp_connect(ctl.port);
		rawhttp_send_text(fds[i], text);
	}
	for (int i = 0; i < CALLS; i++) {
		char text[40];

		(void)snprintf(text, sizeof(text), "{\"%c\":%d}", "fg"[i % 2], i);
		rawhttp_read(fds[i], &answer);
		ck_assert_str_eq(answer.body, text);
		rawhttp_free(&answer);
		close(fds[i]);
	}
}
END_TEST

START_TEST(who_came_first_is_served_first_whatever_waits_behind)
{
	long workers = 2 * sysconf(_SC_NPROCESSORS_ONLN) + 8;
	const char *text;
	char id[33], target[200];

	faasctl_put(&ctl, "f", "native",
		    "#!/bin/sh\nwhile read x; do sleep 0.2; echo '{}' >&3; done");
	faasctl_put(&ctl, "g", "native", "#!/bin/sh\nread x; echo '{}' >&3");
	for (long i = 0; i < 2 * workers; i++)
		faasctl_expect(&ctl, "POST", NS "/actions/f", "{}", 202, "");
	faasctl_expect(&ctl, "POST", NS "/actions/g", "{}", 202, "");
	faasctl_id(&ctl, id);
	for (long i = 0; i < 8 * workers; i++)
		faasctl_expect(&ctl, "POST", NS "/actions/f", "{}", 202, "");
	text = strstr(faasctl_record(&ctl, id), "\"start\":");
	ck_assert_ptr_nonnull(text);
	(void)snprintf(target, sizeof(target),
		       NS "/activations?name=f&count=true&upto=%ld",
		       strtol(text + strlen("\"start\":"), NULL, 10));
	text = faasctl_call(&ctl, "GET", target, NULL);
	ck_assert_int_eq(strncmp(text, "{\"activations\":", 15), 0);
	/* Those before it had begun, and others while its worker started, but not nearly all. */
	ck_assert_int_lt(strtol(text + 15, NULL, 10), 7 * workers);
}
END_TEST

START_TEST(a_rate_is_limited_by_the_minute)
{
	struct faasctl own = {.opts.invocations_per_minute = 2};
	int refused = 0;

	faasctl_start(&own);
	faasctl_put(&own, "f", "python:default", "def main(p): return {}");
	/* A minute may begin in between, not twice. */
	for (int i = 0; i < 5 && !refused; i++) {
		(void)faasctl_call(&own, "POST", NS "/actions/f", "{}");
		refused = own.answer.status == 429;
	}
	ck_assert(refused);
	ck_assert_ptr_nonnull(
		strstr(own.answer.body,
		       "Too many requests in the last minute (count: 3, allowed: 2)."));
	faasctl_expect(&own, "GET", NS "/limits", NULL, 200,
		       "\"invocationsPerMinute\":2");
	faasctl_stop(&own);
}
END_TEST

START_TEST(every_line_is_told_to_the_lab)
{
	struct faasctl own = {0};
	int seen = 0;

	own.opts.log = on_log;
	own.opts.user = &seen;
	faasctl_start(&own);
	faasctl_put(&own, "f", "python:default",
		    "def main(p):\n  print('seen')\n  return {}");
	faasctl_expect(&own, "POST", RESULT, "{}", 200, "{}");
	ck_assert_int_eq(__atomic_load_n(&seen, __ATOMIC_SEQ_CST), 1);
	faasctl_stop(&own);
}
END_TEST

START_TEST(an_api_key_is_given_only_when_asked_for)
{
	faasctl_expect(
		&ctl, "PUT", NS "/actions/f",
		"{\"exec\":{\"kind\":\"nodejs:20\",\"code\":\"function main() { return "
		"{k: process.env.__OW_API_KEY || 'none', h: process.env.__OW_API_HOST}; }\"}}",
		200, "0.0.1");
	faasctl_expect(&ctl, "POST", RESULT, "{}", 200,
		       "{\"k\":\"none\",\"h\":\"http://127.0.0.1:");
	faasctl_expect(&ctl, "PUT", NS "/actions/f?overwrite=true",
		       "{\"annotations\":[{\"key\":\"provide-api-key\",\"value\":true}]}",
		       200, "0.0.2");
	faasctl_expect(&ctl, "POST", RESULT, "{}", 200, "{\"k\":\"23bc46b1-");
}
END_TEST

START_TEST(what_is_not_utf8_stays_valid_json)
{
	struct snet__json *record = NULL;

	check_code("python:default",
		   "import os\ndef main(p):\n  os.write(1, b'a\\xffb\\n')\n  return {}",
		   200, "{}");
	record = read_record();
	snet__json_free(record);
	ck_assert_ptr_nonnull(strstr(ctl.answer.body, "stdout: a?b\""));
	check_code("native", "#!/bin/sh\nread x; printf '\\377\\n' >&3; read x", 502,
		   "JSON Array response: ?");
}
END_TEST

START_TEST(a_program_that_ends_after_its_result_is_started_again)
{
	faasctl_put(&ctl, "f", "native", "#!/bin/sh\nread x; echo '{\"pid\":'$$'}' >&3");
	for (int i = 0; i < 20; i++)
		faasctl_expect(&ctl, "POST", RESULT, "{}", 200, "{\"pid\":");
}
END_TEST

START_TEST(functions_run_in_the_network_of_their_node)
{
	struct faasctl own = {0};
	struct snet_err err = {0};
	struct stat info;
	char text[60];
	int netns = -1;

	if (snet__netns_new(&netns, &err) < 0) {
		skip("netns", "%s", err.msg);
		return;
	}
	ck_assert_int_eq(fstat(netns, &info), 0);
	own.netns = netns;
	faasctl_start(&own);
	faasctl_put(
		&own, "f", "python:default",
		"import os\ndef main(p): return {'net': os.readlink('/proc/self/ns/net')}");
	(void)snprintf(text, sizeof(text), "{\"net\":\"net:[%llu]\"}",
		       (unsigned long long)info.st_ino);
	faasctl_expect(&own, "POST", RESULT, "{}", 200, text);
	faasctl_stop(&own);
	close(netns);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("faas_invoke");
	TCase *t = tcase_create("faas_invoke"), *killed = tcase_create("killed");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, javascript_answers_as_openwhisks_runtime_does);
	tcase_add_test(t, python_answers_as_openwhisks_runtime_does);
	tcase_add_test(t, executables_speak_actionloop_or_are_started_for_each_run);
	tcase_add_test(t, archives_are_unpacked);
	tcase_add_test(t, a_record_tells_a_cold_start_from_a_warm_one);
	tcase_add_test(t, parameters_are_merged_and_final_ones_protected);
	tcase_add_test(t, wrong_invocations_are_refused);
	tcase_add_test(t, who_does_not_wait_gets_an_id_and_finds_the_record_later);
	tcase_add_test(t, a_time_limit_ends_a_function_but_not_the_next_one);
	tcase_add_test(t, a_memory_limit_ends_a_function);
	tcase_add_test(t, what_a_function_has_detached_ends_with_its_worker);
	tcase_add_test(t, a_killed_worker_is_replaced);
	tcase_add_test(t, an_update_takes_effect_at_once_and_a_deletion_ends_the_workers);
	tcase_add_test(t, logs_are_complete_and_limited);
	tcase_add_test(t, line_ends_alone_are_limited_by_what_they_take_to_keep);
	tcase_add_test(t, old_records_make_room_for_large_ones);
	tcase_add_loop_test(t, who_prints_without_end_holds_nobody_up, 0,
			    sizeof(endless) / sizeof(*endless));
	tcase_add_test(t, activations_are_listed_newest_first);
	tcase_add_test(t, more_calls_than_workers_are_all_answered);
	tcase_add_test(t, who_came_first_is_served_first_whatever_waits_behind);
	tcase_add_test(t, a_rate_is_limited_by_the_minute);
	tcase_add_test(t, every_line_is_told_to_the_lab);
	tcase_add_test(t, an_api_key_is_given_only_when_asked_for);
	tcase_add_test(t, what_is_not_utf8_stays_valid_json);
	tcase_add_test(t, a_program_that_ends_after_its_result_is_started_again);
	tcase_add_test(t, functions_run_in_the_network_of_their_node);
	suite_add_tcase(s, t);
	/* It forks, for which there must be no other thread. */
	tcase_set_timeout(killed, 60);
	tcase_add_test(killed,
		       a_worker_dies_with_a_lab_that_is_killed_whoever_it_has_become);
	suite_add_tcase(s, killed);
	return s;
}
