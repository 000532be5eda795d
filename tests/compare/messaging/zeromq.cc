// SPDX-License-Identifier: Apache-2.0
// ZeroMQ between two processes over a Unix socket: REQ/REP one at a time, DEALER/ROUTER with a thousand under way.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#include <cstdlib>
#include <cstring>
#include <string>

#include "measuring.h"

namespace {

using messaging::kBatch;

constexpr char kPayload[2] = {'o', 'k'};

void check(bool ok, const char* what) {
  if (ok) return;
  std::fprintf(stderr, "%s: %s\n", what, zmq_strerror(zmq_errno()));
  std::exit(1);
}

void* open_socket(void* context, int type, const std::string& address, bool bind) {
  void* socket = zmq_socket(context, type);
  check(socket != nullptr, "zmq_socket");
  const int none = 0;
  zmq_setsockopt(socket, ZMQ_SNDHWM, &none, sizeof none);
  zmq_setsockopt(socket, ZMQ_RCVHWM, &none, sizeof none);
  zmq_setsockopt(socket, ZMQ_LINGER, &none, sizeof none);
  check((bind ? zmq_bind : zmq_connect)(socket, address.c_str()) == 0, "zmq_bind or zmq_connect");
  return socket;
}

// Sends back all parts of each request that either socket gets.
[[noreturn]] void serve(const std::string& replies, const std::string& routes) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  void* context = zmq_ctx_new();
  void* sockets[2] = {open_socket(context, ZMQ_REP, replies, true), open_socket(context, ZMQ_ROUTER, routes, true)};
  zmq_pollitem_t items[2] = {{sockets[0], 0, ZMQ_POLLIN, 0}, {sockets[1], 0, ZMQ_POLLIN, 0}};
  zmq_msg_t part;
  zmq_msg_init(&part);
  for (;;) {
    check(zmq_poll(items, 2, -1) >= 0, "zmq_poll");
    for (const zmq_pollitem_t& item : items) {
      if ((item.revents & ZMQ_POLLIN) == 0) continue;
      while (zmq_msg_recv(&part, item.socket, ZMQ_DONTWAIT) >= 0) {
        const int more = zmq_msg_more(&part) != 0 ? ZMQ_SNDMORE : 0;
        check(zmq_msg_send(&part, item.socket, more) >= 0, "zmq_msg_send");
      }
    }
  }
}

void receive(void* socket) {
  char answer[8];
  check(zmq_recv(socket, answer, sizeof answer, 0) == sizeof kPayload, "zmq_recv");
}

}  // namespace

int main() {
  char folder[] = "/tmp/zeromq.XXXXXX";
  check(::mkdtemp(folder) != nullptr, "mkdtemp");
  const std::string replies = "ipc://" + std::string(folder) + "/rep";
  const std::string routes = "ipc://" + std::string(folder) + "/router";
  const pid_t server = ::fork();
  if (server == 0) serve(replies, routes);

  void* context = zmq_ctx_new();
  void* one = open_socket(context, ZMQ_REQ, replies, false);
  messaging::print("1_1_actor_calls_sync", messaging::median_latency([&] {
                     check(zmq_send(one, kPayload, sizeof kPayload, 0) >= 0, "zmq_send");
                     receive(one);
                   }),
                   "us");
  void* many = open_socket(context, ZMQ_DEALER, routes, false);
  messaging::print("1_1_actor_calls_async", messaging::median_rate([&] {
                     for (std::size_t i = 0; i < kBatch; ++i)
                       check(zmq_send(many, kPayload, sizeof kPayload, 0) >= 0, "zmq_send");
                     for (std::size_t i = 0; i < kBatch; ++i) receive(many);
                   }),
                   "calls/s");
  zmq_close(one);
  zmq_close(many);
  zmq_ctx_term(context);
  ::kill(server, SIGKILL);
  ::waitpid(server, nullptr, 0);
  ::unlink(replies.c_str() + std::strlen("ipc://"));
  ::unlink(routes.c_str() + std::strlen("ipc://"));
  ::rmdir(folder);
}
