/* SPDX-License-Identifier: Apache-2.0
 * Sends one reply from memory, whatever is asked: what libmicrohttpd alone can do. */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MAX = 16 * 1024 * 1024, POOL = 2 };

static enum MHD_Result reply(void *response, struct MHD_Connection *connection, const char *url,
			     const char *method, const char *version, const char *data, size_t *len,
			     void **slot)
{
	(void)url;
	(void)method;
	(void)version;
	(void)data;
	if (!*slot) {
		*slot = response; /* the first call comes with the headers alone */
		return MHD_YES;
	}
	if (*len) {
		*len = 0;
		return MHD_YES;
	}
	return MHD_queue_response(connection, MHD_HTTP_OK, response);
}

/* "Name: value" lines, an empty line, the body. */
static struct MHD_Response *response_read(const char *path)
{
	FILE *file = fopen(path, "rb");
	char *all = calloc(1, FILE_MAX);
	size_t len = file && all ? fread(all, 1, FILE_MAX - 1, file) : 0;
	char *body = len ? strstr(all, "\n\n") : NULL;
	if (!body)
		return NULL;
	body[1] = '\0';
	body += 2;
	struct MHD_Response *made =
		MHD_create_response_from_buffer(len - (size_t)(body - all), body, MHD_RESPMEM_PERSISTENT);
	char *rest = NULL;
	for (char *line = strtok_r(all, "\n", &rest); made && line; line = strtok_r(NULL, "\n", &rest)) {
		char *value = strstr(line, ": ");
		if (!value)
			return NULL;
		*value = '\0';
		if (MHD_add_response_header(made, line, value + 2) != MHD_YES)
			return NULL;
	}
	fclose(file);
	return made;
}

int main(int argc, char **argv)
{
	struct MHD_Response *response = argc == 2 ? response_read(argv[1]) : NULL;
	struct sockaddr_in loopback = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if (!response) {
		fputs("usage: bare_mhd FILE, with header lines, an empty line and a body\n", stderr);
		return EXIT_FAILURE;
	}
	struct MHD_Daemon *daemon = MHD_start_daemon(
		MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, reply, response, MHD_OPTION_SOCK_ADDR,
		&loopback, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)POOL, MHD_OPTION_END);
	const union MHD_DaemonInfo *info =
		daemon ? MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT) : NULL;
	if (!info)
		return EXIT_FAILURE;
	printf("%u\n", (unsigned)info->port);
	fflush(stdout);
	for (;;)
		pause();
}
