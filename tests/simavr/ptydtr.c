/*
 * DTR and RTS for pseudo-terminals, which Linux gives none: preloaded (LD_PRELOAD) into an unmodified program that opens the port.
 *
 * With $PTYDTR naming a folder, TIOCMGET, TIOCMSET, TIOCMBIS and TIOCMBIC on a pseudo-terminal N work as on a serial adapter, and each
 * change of the two lines is told by a datagram "<dtr><rts>" ("10") to the Unix socket $PTYDTR/N that the simulated board has bound.
 * Everything else passes through. It does nothing in static programs.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#define PTS_MAJOR 136
#define PORTS 4096
#define LINES (TIOCM_DTR | TIOCM_RTS)

static int lines_of[PORTS];

static void tell(const char *folder, unsigned port)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	char now[2] = { lines_of[port] & TIOCM_DTR ? '1' : '0', lines_of[port] & TIOCM_RTS ? '1' : '0' };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	snprintf(to.sun_path, sizeof to.sun_path, "%s/%u", folder, port);
	sendto(fd, now, sizeof now, MSG_NOSIGNAL, (struct sockaddr *)&to, sizeof to);
	close(fd);
}

int ioctl(int fd, unsigned long request, ...)
{
	static int (*real)(int, unsigned long, ...);
	const char *folder = getenv("PTYDTR");
	struct stat s;
	va_list arguments;
	va_start(arguments, request);
	void *argument = va_arg(arguments, void *);
	va_end(arguments);
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "ioctl");
	if (!folder || (request != TIOCMGET && request != TIOCMSET && request != TIOCMBIS && request != TIOCMBIC) || fstat(fd, &s) ||
	    !S_ISCHR(s.st_mode) || major(s.st_rdev) != PTS_MAJOR || minor(s.st_rdev) >= PORTS)
		return real(fd, request, argument);

	unsigned port = minor(s.st_rdev);
	int *value = argument, before = lines_of[port];
	switch (request) {
	case TIOCMGET: *value = before | TIOCM_CTS | TIOCM_CAR | TIOCM_DSR; return 0;
	case TIOCMSET: lines_of[port] = *value & LINES; break;
	case TIOCMBIS: lines_of[port] |= *value & LINES; break;
	case TIOCMBIC: lines_of[port] &= ~(*value & LINES); break;
	}
	if (lines_of[port] != before) {
		int kept = errno;
		tell(folder, port);
		errno = kept;
	}
	return 0;
}
