/*
 * DTR, RTS and parity for pseudo-terminals, which Linux gives none: preloaded (LD_PRELOAD) into an unmodified program that opens the port.
 *
 * With $PTYDTR naming a folder, TIOCMGET, TIOCMSET, TIOCMBIS and TIOCMBIC on a pseudo-terminal N work as on a serial adapter, and each
 * change of the two lines is told by a datagram "<dtr><rts>" ("10") to the Unix socket $PTYDTR/N that the simulated board has bound.
 * A parity that is set reads back as set, and has no effect (stm32flash gives up on a port that forgets it).
 * Everything else passes through. It does nothing in static programs.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#define PTS_MAJOR 136
#define PORTS 4096
#define LINES (TIOCM_DTR | TIOCM_RTS)
#define PARITY ((tcflag_t)(PARENB | PARODD))

static int lines_of[PORTS];
static tcflag_t parity_of[PORTS];

/* The number of the pseudo-terminal behind `fd`, or -1. */
static int port_of(int fd)
{
	struct stat s;
	if (!getenv("PTYDTR") || fstat(fd, &s) || !S_ISCHR(s.st_mode) || major(s.st_rdev) != PTS_MAJOR || minor(s.st_rdev) >= PORTS)
		return -1;
	return (int)minor(s.st_rdev);
}

static void tell(const char *folder, int port)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	char now[2] = { lines_of[port] & TIOCM_DTR ? '1' : '0', lines_of[port] & TIOCM_RTS ? '1' : '0' };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	snprintf(to.sun_path, sizeof to.sun_path, "%s/%d", folder, port);
	sendto(fd, now, sizeof now, MSG_NOSIGNAL, (struct sockaddr *)&to, sizeof to);
	close(fd);
}

int ioctl(int fd, unsigned long request, ...)
{
	static int (*real)(int, unsigned long, ...);
	va_list arguments;
	va_start(arguments, request);
	void *argument = va_arg(arguments, void *);
	va_end(arguments);
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "ioctl");
	bool is_lines = request == TIOCMGET || request == TIOCMSET || request == TIOCMBIS || request == TIOCMBIC;
	int port = is_lines ? port_of(fd) : -1;
	if (port < 0)
		return real(fd, request, argument);

	int *value = argument, before = lines_of[port];
	switch (request) {
	case TIOCMGET: *value = before | TIOCM_CTS | TIOCM_CAR | TIOCM_DSR; return 0;
	case TIOCMSET: lines_of[port] = *value & LINES; break;
	case TIOCMBIS: lines_of[port] |= *value & LINES; break;
	case TIOCMBIC: lines_of[port] &= ~(*value & LINES); break;
	}
	if (lines_of[port] != before) {
		int kept = errno;
		tell(getenv("PTYDTR"), port);
		errno = kept;
	}
	return 0;
}

int tcsetattr(int fd, int when, const struct termios *settings)
{
	static int (*real)(int, int, const struct termios *);
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "tcsetattr");
	int port = port_of(fd);
	if (port < 0)
		return real(fd, when, settings);
	struct termios without = *settings;
	without.c_cflag &= ~PARITY;
	int result = real(fd, when, &without);
	if (result == 0)
		parity_of[port] = settings->c_cflag & PARITY;
	return result;
}

int tcgetattr(int fd, struct termios *settings)
{
	static int (*real)(int, struct termios *);
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "tcgetattr");
	int result = real(fd, settings), port = port_of(fd);
	if (result == 0 && port >= 0)
		settings->c_cflag = (settings->c_cflag & ~PARITY) | parity_of[port];
	return result;
}
