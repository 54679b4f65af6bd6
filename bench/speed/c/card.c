/* card HOST PORT: the anchor, a vpcd card in C that answers at once.
 *
 * vpcd sends length and body of a message in two sends with Nagle's algorithm on, so that the body waits for
 * our acknowledgement, which the kernel delays by 40 ms unless TCP_QUICKACK asks for it. The option does not
 * stick: it is set before each wait that goes on with octets unacknowledged. */
#include "answer.h"
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 65537, HEAD = 2, GET_ATR = 4 };

static int reader(const char *host, int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    int one = 1, link = socket(AF_INET, SOCK_STREAM, 0);
    inet_pton(AF_INET, host, &address.sin_addr);
    if (connect(link, (struct sockaddr *)&address, sizeof address) != 0)
        return -1;
    setsockopt(link, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return link;
}

static void serve(int link)
{
    static unsigned char in[MOST], out[MOST];
    unsigned have = 0;
    int one = 1, owed = 0;
    for (;;) {
        while (have < HEAD || have < HEAD + ((unsigned)in[0] << 8 | in[1])) {
            if (owed)
                setsockopt(link, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof one);
            ssize_t got = recv(link, in + have, sizeof in - have, 0);
            if (got <= 0)
                return;
            have += (unsigned)got;
            owed = 1;
        }
        unsigned length = (unsigned)in[0] << 8 | in[1], due = 0;
        if (length > 1) {
            due = answer(in + HEAD, length, out + HEAD);
        } else if (length == 1 && in[HEAD] == GET_ATR) {
            due = sizeof ATR;
            memcpy(out + HEAD, ATR, due);
        }
        have -= HEAD + length;
        memmove(in, in + HEAD + length, have);
        if (due) {
            out[0] = (unsigned char)(due >> 8);
            out[1] = (unsigned char)due;
            owed = 0; /* the response carries the acknowledgement */
            if (send(link, out, HEAD + due, MSG_NOSIGNAL) != (ssize_t)(HEAD + due))
                return;
        }
    }
}

int main(int argc, char **argv)
{
    int link = argc == 3 ? reader(argv[1], atoi(argv[2])) : -1;
    if (link < 0) {
        fputs("usage: card HOST PORT, of a vpcd that listens\n", stderr);
        return 2;
    }
    serve(link);
    return 0;
}
