/*
 * One end of the interoperation tests and of the benchmark, on the C library.
 *
 *   peer check  server|client PORT COUNT checksum|plain range-coder|none
 *       sends and checks the packets of traffic.ts, in both directions; prints one line of JSON when both are through
 *   peer sink   PORT
 *       counts what comes; prints "N packets SECONDS" per connection when it ends
 *   peer flood  PORT COUNT SIZE reliable|unreliable
 *       connects and sends COUNT packets as fast as the window allows; prints "COUNT SECONDS" when all are through
 *
 * A server on port 0 takes any port; it prints "port N" first.
 */
#include <enet/enet.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define CHANNELS 3

static const enet_uint32 kinds[10] = {1, 1, 0, 1, 2, 1, 0, 1, 8, 1};
static int faults = 0;

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void fault(const char *what, long key)
{
    if (faults++ < 5)
        fprintf(stderr, "%s %ld\n", what, key);
}

static size_t reliable_size(unsigned long key)
{
    if (key % 8000 == 999)
        return 1000000;
    if (key % 800 == 399)
        return 100000;
    if (key % 80 == 39)
        return 5000;
    return 1 + (key * 7919) % 120;
}

static enet_uint8 pattern(unsigned long key, size_t i)
{
    return (enet_uint8)(key * 131 + i * 7 + (key >> 8));
}

static ENetPacket *make(unsigned long index, unsigned long numbers[], int *channel)
{
    enet_uint32 flags = kinds[(index / CHANNELS) % 10];
    unsigned long key = index;
    size_t size, from = 4;
    *channel = index % CHANNELS;
    if (flags == ENET_PACKET_FLAG_RELIABLE)
    {
        key = numbers[*channel]++ * CHANNELS + *channel;
        size = reliable_size(key);
        from = 0;
    }
    else
        size = flags == ENET_PACKET_FLAG_UNRELIABLE_FRAGMENT && index % 4 == 0 ? 3000 : 4 + (index * 31) % 200;
    ENetPacket *packet = enet_packet_create(NULL, size, flags);
    if (from == 4)
    {
        packet->data[0] = index >> 24;
        packet->data[1] = index >> 16;
        packet->data[2] = index >> 8;
        packet->data[3] = index;
    }
    for (size_t i = from; i < size; i++)
        packet->data[i] = pattern(key, i);
    return packet;
}

struct sink
{
    unsigned long reliable, unreliable, numbers[CHANNELS];
    long last[CHANNELS];
    unsigned char *seen;
};

static void check(struct sink *sink, int channel, const ENetPacket *packet, unsigned long count)
{
    unsigned long key;
    size_t from = 4;
    if (packet->flags & ENET_PACKET_FLAG_RELIABLE)
    {
        key = sink->numbers[channel]++ * CHANNELS + channel;
        from = 0;
        sink->reliable++;
        if (packet->dataLength != reliable_size(key))
        {
            fault("reliable of wrong size", key);
            return;
        }
    }
    else
    {
        const enet_uint8 *d = packet->data;
        key = (unsigned long)d[0] << 24 | d[1] << 16 | d[2] << 8 | d[3];
        sink->unreliable++;
        if (key >= count)
            fault("unreliable out of range", key);
        else if (packet->flags & ENET_PACKET_FLAG_UNSEQUENCED)
        {
            if (sink->seen[key]++)
                fault("unsequenced twice", key);
        }
        else
        {
            if ((long)key <= sink->last[channel])
                fault("unreliable out of order", key);
            sink->last[channel] = key;
        }
    }
    for (size_t i = from; i < packet->dataLength; i++)
        if (packet->data[i] != pattern(key, i))
        {
            fault("damaged", key);
            break;
        }
}

static ENetHost *open_host(int port)
{
    ENetAddress address;
    enet_address_set_host_ip(&address, "127.0.0.1");
    address.port = port;
    ENetHost *host = enet_host_create(&address, 64, 0, 0, 0);
    if (host == NULL)
    {
        fprintf(stderr, "cannot bind port %d\n", port);
        exit(2);
    }
    struct sockaddr_in bound;
    socklen_t length = sizeof bound;
    getsockname(host->socket, (struct sockaddr *)&bound, &length);
    printf("port %d\n", ntohs(bound.sin_port));
    fflush(stdout);
    return host;
}

static ENetPeer *connect_to(ENetHost *host, int port)
{
    ENetAddress address;
    enet_address_set_host_ip(&address, "127.0.0.1");
    address.port = port;
    return enet_host_connect(host, &address, CHANNELS, 4242);
}

static int run_check(int server, int port, unsigned long count, int checksum, int compression)
{
    ENetHost *host = open_host(server ? port : 0);
    ENetPeer *peer = NULL;
    ENetEvent event;
    struct sink sink = {0, 0, {0}, {-1, -1, -1}, calloc(count, 1)};
    unsigned long sent = 0, expected = 0, numbers[CHANNELS] = {0};
    int connected = 0, reported = 0;
    double deadline = seconds() + 300;
    if (checksum)
        host->checksum = enet_crc32;
    if (compression)
        enet_host_compress_with_range_coder(host);
    for (unsigned long i = 0; i < count; i++)
        expected += kinds[(i / CHANNELS) % 10] == ENET_PACKET_FLAG_RELIABLE;
    if (!server)
    {
        peer = connect_to(host, port);
        enet_peer_timeout(peer, 1000000, 200000, 200000);
    }
    while (seconds() < deadline)
    {
        int got = enet_host_service(host, &event, 1);
        while (got > 0)
        {
            if (event.type == ENET_EVENT_TYPE_CONNECT)
            {
                peer = event.peer;
                enet_peer_timeout(peer, 1000000, 200000, 200000);
                connected = 1;
                if (server && (event.data != 4242 || peer->channelCount != CHANNELS))
                    fault("wrong connect data", event.data);
            }
            else if (event.type == ENET_EVENT_TYPE_RECEIVE)
            {
                check(&sink, event.channelID, event.packet, count);
                enet_packet_destroy(event.packet);
            }
            else if (event.type == ENET_EVENT_TYPE_DISCONNECT)
            {
                printf("disconnected %u\n", event.data);
                fflush(stdout);
                enet_host_flush(host);
                enet_host_destroy(host);
                return 0;
            }
            got = enet_host_check_events(host, &event);
        }
        /* Not before the round-trip time is known: what is lost at first would be repeated after 500 ms, 1 s, 2 s... */
        if (connected && peer->roundTripTime < 250)
            for (int i = 0; i < 100 && sent < count && peer->reliableDataInTransit < 60000 &&
                            enet_list_size(&peer->outgoingCommands) < 2000; i++)
            {
                int channel;
                ENetPacket *packet = make(sent, numbers, &channel);
                if (enet_peer_send(peer, channel, packet) < 0)
                    fault("send failed", sent);
                sent++;
            }
        if (!reported && connected && sent == count && sink.reliable >= expected &&
            enet_list_empty(&peer->sentReliableCommands) && enet_list_empty(&peer->outgoingCommands))
        {
            reported = 1;
            printf("{\"sent\":%lu,\"reliable\":%lu,\"expected\":%lu,\"unreliable\":%lu,\"faults\":%d}\n", sent,
                   sink.reliable, expected, sink.unreliable, faults);
            fflush(stdout);
        }
    }
    fprintf(stderr, "gave up: sent %lu, reliable %lu of %lu\n", sent, sink.reliable, expected);
    return 1;
}

static int run_sink(int port)
{
    ENetHost *host = open_host(port);
    ENetEvent event;
    unsigned long packets = 0;
    double start = 0;
    for (double end = seconds() + 3600; seconds() < end;)
    {
        int got = enet_host_service(host, &event, 1000);
        while (got > 0)
        {
            if (event.type == ENET_EVENT_TYPE_CONNECT)
            {
                packets = 0;
                start = seconds();
            }
            else if (event.type == ENET_EVENT_TYPE_RECEIVE)
            {
                packets++;
                enet_packet_destroy(event.packet);
            }
            else if (event.type == ENET_EVENT_TYPE_DISCONNECT)
            {
                printf("%lu packets %.6f\n", packets, seconds() - start);
                fflush(stdout);
            }
            got = enet_host_check_events(host, &event);
        }
    }
    return 1;
}

static int run_flood(int port, unsigned long count, size_t size, int reliable)
{
    ENetHost *host = open_host(0);
    ENetPeer *peer = connect_to(host, port);
    ENetEvent event;
    unsigned long sent = 0;
    double start = 0, deadline = seconds() + 60;
    int connected = 0, leaving = 0;
    enet_uint8 data[4096] = {0};
    while (seconds() < deadline)
    {
        /* Polls, as waiting would halve the rate of a direct pair, but lets others have the processor. */
        if (!connected || sent == count || enet_list_size(&peer->outgoingCommands) >= 500 ||
            (!reliable && enet_list_size(&peer->sentReliableCommands) > 4))
            sched_yield();
        int got = enet_host_service(host, &event, 0);
        while (got > 0)
        {
            if (event.type == ENET_EVENT_TYPE_CONNECT)
            {
                connected = 1;
                start = seconds();
                enet_peer_throttle_configure(peer, 5000, 2, 0); /* or it drops unreliable packets unsent */
            }
            else if (event.type == ENET_EVENT_TYPE_RECEIVE)
                enet_packet_destroy(event.packet);
            else if (event.type == ENET_EVENT_TYPE_DISCONNECT)
                return leaving ? 0 : 3;
            got = enet_host_check_events(host, &event);
        }
        if (!connected || leaving)
            continue;
        /* Unreliable packets are paced by a reliable one in a hundred: a flood would only fill the socket buffers. */
        for (int i = 0; i < 1000 && sent < count && enet_list_size(&peer->outgoingCommands) < 500; i++, sent++)
        {
            int flag = reliable || sent % 100 == 0 ? ENET_PACKET_FLAG_RELIABLE : 0;
            if (!reliable && sent % 100 == 0 && enet_list_size(&peer->sentReliableCommands) + i / 100 > 4)
                break;
            enet_peer_send(peer, 0, enet_packet_create(data, size, flag));
        }
        if (sent == count && enet_list_empty(&peer->outgoingCommands) && enet_list_empty(&peer->sentReliableCommands))
        {
            printf("%lu %.6f\n", sent, seconds() - start);
            fflush(stdout);
            leaving = 1;
            enet_peer_disconnect(peer, 0);
        }
    }
    return 1;
}

int main(int argc, char **argv)
{
    if (enet_initialize() != 0 || argc < 3)
        return 2;
    if (strcmp(argv[1], "check") == 0 && argc == 7)
        return run_check(strcmp(argv[2], "server") == 0, atoi(argv[3]), strtoul(argv[4], NULL, 10),
                         strcmp(argv[5], "checksum") == 0, strcmp(argv[6], "range-coder") == 0);
    if (strcmp(argv[1], "sink") == 0)
        return run_sink(atoi(argv[2]));
    if (strcmp(argv[1], "flood") == 0 && argc == 6)
        return run_flood(atoi(argv[2]), strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10),
                         strcmp(argv[5], "reliable") == 0);
    fprintf(stderr, "wrong arguments\n");
    return 2;
}
