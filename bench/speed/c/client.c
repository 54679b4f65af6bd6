/* client READER: a PC/SC client that times what it is told to send.
 *
 * Connects, and says "ready". Then for each line "ROUNDS HEX HEX ..." it sends the commands in order, ROUNDS
 * times, and says in nanoseconds how long a round took: "MEDIAN MEAN", and the last response in hex. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <winscard.h>

enum { MOST_COMMANDS = 64, LINE = 65536, TRIES = 50000 };

static SCARDCONTEXT context;
static SCARDHANDLE card;

static long long now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void check(LONG result, const char *what)
{
    if (result == SCARD_S_SUCCESS)
        return;
    fprintf(stderr, "client: %s: %s\n", what, pcsc_stringify_error(result));
    exit(1);
}

static int order(const void *a, const void *b)
{
    long long x = *(const long long *)a, y = *(const long long *)b;
    return (x > y) - (x < y);
}

static void join(const char *name)
{
    DWORD protocol;
    LONG result = SCARD_E_NO_SMARTCARD;
    check(SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context), "SCardEstablishContext");
    for (int i = 0; i < TRIES && result != SCARD_S_SUCCESS; i++) {
        result = SCardConnect(context, name, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T1, &card, &protocol);
        if (result != SCARD_S_SUCCESS)
            usleep(200);
    }
    check(result, name);
}

static DWORD octets(const char *hex, unsigned char *out)
{
    DWORD n = 0;
    unsigned value;
    for (; sscanf(hex, "%2x", &value) == 1; hex += 2)
        out[n++] = (unsigned char)value;
    return n;
}

static void time_line(char *line)
{
    static unsigned char commands[MOST_COMMANDS][300], response[70000];
    DWORD lengths[MOST_COMMANDS], got = 0;
    int many = 0;
    char *word = strtok(line, " \n");
    int rounds = word ? atoi(word) : 0;
    while (many < MOST_COMMANDS && (word = strtok(NULL, " \n")) && strlen(word) <= 2 * sizeof *commands) {
        lengths[many] = octets(word, commands[many]);
        many++;
    }
    if (rounds < 1 || !many) {
        fputs("client: expected ROUNDS HEX ...\n", stderr);
        exit(2);
    }
    long long *took = malloc(sizeof *took * (size_t)rounds), begin = now(), before = begin;
    for (int i = 0; i < rounds; i++) {
        for (int k = 0; k < many; k++) {
            got = sizeof response;
            check(SCardTransmit(card, SCARD_PCI_T1, commands[k], lengths[k], NULL, response, &got), "SCardTransmit");
        }
        long long t = now();
        took[i] = t - before;
        before = t;
    }
    qsort(took, (size_t)rounds, sizeof *took, order);
    printf("%lld %lld ", took[rounds / 2], (before - begin) / rounds);
    for (DWORD i = 0; i < got; i++)
        printf("%02X", response[i]);
    putchar('\n');
    fflush(stdout);
    free(took);
}

int main(int argc, char **argv)
{
    static char line[LINE];
    if (argc != 2) {
        fputs("usage: client READER\n", stderr);
        return 2;
    }
    join(argv[1]);
    puts("ready");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin))
        time_line(line);
    SCardDisconnect(card, SCARD_LEAVE_CARD);
    SCardReleaseContext(context);
    return 0;
}
