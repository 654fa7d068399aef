#pragma once
// TCP on loopback for servers of tests: blocking, one thread a connection. A socket is an int here
// on every system, as it is for OpenSSL.

#include <cstddef>
#include <cstdint>

namespace reporterd {

void prepare_sockets();  // before anything else; a peer that went away is an error of a write

int listen_on_loopback(std::uint16_t& port);
int accept_connection(int listener);  // -1: none came
void stop_accepting(int listener);    // wakes who waits in accept_connection()
std::ptrdiff_t receive(int socket, char* bytes, std::size_t size);  // <= 0: the end, or an error
std::ptrdiff_t transmit(int socket, const char* bytes, std::size_t size);

void send_at_once(int socket);  // small pieces, too
void reset_when_closed(int socket);
void end_sending(int socket);
void end_both_ways(int socket);  // wakes who waits in receive()
void close_connection(int socket);

}  // namespace reporterd
