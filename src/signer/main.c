/* SPDX-License-Identifier: Apache-2.0
 * farmtrail-signer KEK_FILE RATE [AGENT]: shuts its process off from the rest of the system and answers frames on descriptor 3. With the
 * socket of an ssh-agent it reads no key file, and signs for the log alone with what the agent holds. */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "ft/base/log.h"
#include "ft/base/text.h"
#include "ft/crypto/secret.h"
#include "service_priv.h"

enum { SOCKET = 3, SECURE_HEAP_LEN = 2 * 1024 * 1024 }; /* 4,096 keys of 64 octets, and what signing needs */

/* Before any secret is read: no core file, no reading of our memory by other processes of the same user. */
static bool shut_off(void)
{
	const struct rlimit none = {0, 0};
	return setrlimit(RLIMIT_CORE, &none) == 0 && prctl(PR_SET_DUMPABLE, 0) == 0 &&
	       prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       /* A second way to end with the server; the first is the end of the socket. The kernel means the
	        * thread that started us: should it end before the server, we are started again. */
	       prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && close_range(SOCKET + 1, ~0U, 0) == 0;
}

/* Only who started us speaks with us: a descriptor that came here another way has another process at its other end. */
static bool peer_is_starter(void)
{
	struct ucred peer;
	socklen_t len = sizeof peer;
	return getsockopt(SOCKET, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && peer.pid == getppid() &&
	       peer.uid == geteuid();
}

static bool is_socket(void)
{
	int type = 0;
	socklen_t len = sizeof type;
	return getsockopt(SOCKET, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM;
}

/* The server ends first and we with it: a terminal's Ctrl-C or a service manager's TERM reaches both, and what the
 * server still has to finish needs signatures. */
static void ignore_signals(void)
{
	const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
	for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
		signal(signals[i], SIG_IGN);
}

static int fail(const char *why)
{
	LOG(LOG_ERROR, "signer-not-started", LOG_TEXT("reason", str_of(why)));
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	uint8_t kek[KEK_LEN] = {0};
	int64_t per_s = 0;
	if (argc < 3 || argc > 4 || !str_integer(str_of(argv[2]), &per_s) || per_s < 1 ||
	    per_s > SIGNER_MAX_RATE)
		return fail("usage: farmtrail-signer KEK_FILE RATE [AGENT], started by farmtraild");
	if (!is_socket())
		return fail("descriptor 3 is not a stream socket; farmtraild starts this program");
	if (!peer_is_starter())
		return fail("the other end of descriptor 3 is not the process that started this one");
	if (!shut_off())
		return fail("the process cannot be shut off from the system");
	ignore_signals();
	bool locked = secret_heap_open(SECURE_HEAP_LEN);
	const char *agent = argc == 4 ? argv[3] : NULL;
	const char *fault = agent ? NULL : kek_read(argv[1], kek);
	if (fault) {
		LOG(LOG_ERROR, "signer-not-started", LOG_TEXT("file", str_of(argv[1])),
		    LOG_TEXT("reason", str_of(fault)));
		return EXIT_FAILURE;
	}
	if (!locked)
		LOG(LOG_WARN, "signer-memory-not-locked",
		    LOG_TEXT("hint", STR("raise the limit on locked memory")));
	struct service *service = agent ? service_create_for_agent(agent) : service_create(kek);
	secret_erase(kek, sizeof kek);
	if (!agent)
		service_follow(service, argv[1]);
	bool ended = service_run(service, SOCKET, per_s);
	service_destroy(service);
	if (!ended)
		LOG(LOG_ERROR, "signer-protocol",
		    LOG_TEXT("reason", STR("a frame of another version, or too long")));
	/* Not exit(): leak checkers cannot look into a process that is not dumpable. */
	_exit(ended ? EXIT_SUCCESS : EXIT_FAILURE);
}
