// The floor of an HTTP call on a unix socket: a bare epoll loop that answers every request with the same
// bytes. usage: http_echo SOCKET FILE   (FILE: the whole answer, status line and headers included) A request
// is taken to end with the read that brought it: a client that waits for its answer sends nothing else.
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <string>

namespace {
std::string ReadFile(const char* path) {
  std::string all;
  char buffer[65536];
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  for (ssize_t n = 0; fd >= 0 && (n = read(fd, buffer, sizeof buffer)) > 0;) all.append(buffer, n);
  close(fd);
  return all;
}
}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  const std::string answer = ReadFile(argv[2]);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, argv[1], sizeof address.sun_path - 1);
  const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener, 128) != 0) {
    std::perror(argv[1]);
    return 1;
  }
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  epoll_event event{.events = EPOLLIN, .data = {.fd = listener}};
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  while (epoll_wait(epoll, &event, 1, -1) == 1) {
    if (event.data.fd == listener) {
      event = {.events = EPOLLIN, .data = {.fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC)}};
      epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event);
      continue;
    }
    char request[65536];
    if (read(event.data.fd, request, sizeof request) <= 0 ||
        write(event.data.fd, answer.data(), answer.size()) != static_cast<ssize_t>(answer.size())) {
      close(event.data.fd);
    }
  }
}
