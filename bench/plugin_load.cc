#include "plugin_load.h"

#include <array>
#include <atomic>
#include <charconv>
#include <cstdio>
#include <functional>
#include <memory>
#include <random>
#include <thread>

#include "plugin_client.h"

namespace bench {
namespace {

enum Kind { kGet, kPath, kList, kMount, kUnmount, kKinds };
constexpr std::array<const char*, kKinds> kNames{"get", "path", "list", "mount", "unmount"};

struct Options {
  std::string socket;
  std::vector<std::string> create_options;
  long clients = 8;
  long volumes = 16;
  std::array<double, kUnmount> mix{60, 30, 5, 5};
  bool hold = false;
  long calls = 10000;
  long seconds = 60;
  long warm_up = 50;
  long seed = 1;
};

[[noreturn]] void Usage(const std::string& what) {
  std::fprintf(stderr, "plugin_bench load: %s (bench/plugin_load.h has the options)\n", what.c_str());
  std::exit(2);
}

long Number(const std::string& word, const std::string& text, long least, long most) {
  long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least || value > most) {
    Usage(word + " \"" + text + "\" is not a number from " + std::to_string(least) + " to " +
          std::to_string(most));
  }
  return value;
}

std::array<double, kUnmount> ParseMix(const std::string& text) {
  std::array<double, kUnmount> mix{};
  size_t at = 0;
  while (at < text.size()) {
    const size_t comma = std::min(text.find(',', at), text.size());
    const std::string part = text.substr(at, comma - at);
    const size_t equals = part.find('=');
    size_t kind = 0;
    while (kind < kUnmount && part.substr(0, equals) != kNames[kind]) ++kind;
    if (kind == kUnmount || equals == std::string::npos) {
      Usage("--mix \"" + part + "\" is none of get=N, path=N, list=N, mount=N");
    }
    mix[kind] = static_cast<double>(Number("--mix", part.substr(equals + 1), 0, 1000000));
    at = comma + 1;
  }
  if (mix[kGet] + mix[kPath] + mix[kList] + mix[kMount] <= 0) Usage("--mix leaves nothing to do");
  return mix;
}

Options Parse(const std::vector<std::string>& words) {
  Options options;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--hold") {
      options.hold = true;
      continue;
    }
    if (i + 1 == words.size()) Usage(word + " is not known, or lacks its value");
    const std::string& value = words[++i];
    if (word == "--socket") {
      options.socket = value;
    } else if (word == "--create-opts") {
      options.create_options.push_back(value);
    } else if (word == "--clients") {
      options.clients = Number(word, value, 1, 512);
    } else if (word == "--volumes") {
      options.volumes = Number(word, value, 1, 100000);
    } else if (word == "--mix") {
      options.mix = ParseMix(value);
    } else if (word == "--calls") {
      options.calls = Number(word, value, 1, 100000000);
    } else if (word == "--seconds") {
      options.seconds = Number(word, value, 1, 3600);
    } else if (word == "--warm-up") {
      options.warm_up = Number(word, value, 0, 1000000);
    } else if (word == "--seed") {
      options.seed = Number(word, value, 0, 1000000000);
    } else {
      Usage(word + " is not known");
    }
  }
  if (options.socket.empty()) Usage("--socket is required");
  return options;
}

std::string Name(long number) {
  return "load-" + std::to_string(number);
}

std::string MountBody(const std::string& name, uint64_t id) {
  char text[65];
  std::snprintf(text, sizeof text, "%064llx", static_cast<unsigned long long>(id));
  return "{\"Name\":\"" + name + "\",\"ID\":\"" + text + "\"}";
}

/// One thread's part.
class Client {
 public:
  Client(const Options& options, long number)
      : options_(options),
        connection_(options.socket),
        random_(static_cast<uint64_t>(options.seed * 1000 + number)),
        pick_kind_(options.mix.begin(), options.mix.end()),
        pick_volume_(0, options.volumes - 1),
        next_id_(static_cast<uint64_t>(number + 1) << 32) {}

  void WarmUp() {
    for (long i = 0; i < options_.warm_up; ++i) Once();
    for (std::vector<int64_t>& times : nanos) times.clear();
    errors = 0;
  }

  void Run(long calls, int64_t until) {
    while (calls > 0 && NowNanos() < until) calls -= Once();
  }

  std::array<std::vector<int64_t>, kKinds> nanos;
  long errors = 0;
  std::string first_error;

 private:
  /// How many calls it was.
  long Once() {
    const std::string name = Name(pick_volume_(random_));
    const int kind = pick_kind_(random_);
    switch (kind) {
      case kGet:
        return Timed(kGet, "/VolumeDriver.Get", "{\"Name\":\"" + name + "\"}");
      case kPath:
        return Timed(kPath, "/VolumeDriver.Path", "{\"Name\":\"" + name + "\"}");
      case kList:
        return Timed(kList, "/VolumeDriver.List", "{}");
      default: {
        const std::string body = MountBody(name, next_id_++);
        return Timed(kMount, "/VolumeDriver.Mount", body) + Timed(kUnmount, "/VolumeDriver.Unmount", body);
      }
    }
  }

  long Timed(Kind kind, const char* endpoint, const std::string& body) {
    const std::string request = Request(endpoint, body);
    const int64_t begun = NowNanos();
    const std::string& answer = connection_.Call(request);
    nanos[kind].push_back(NowNanos() - begun);
    if (!connection_.LastWasOk() && errors++ == 0) first_error = answer.substr(answer.find("\r\n\r\n") + 4);
    return 1;
  }

  const Options& options_;
  Connection connection_;
  std::mt19937_64 random_;
  std::discrete_distribution<int> pick_kind_;
  std::uniform_int_distribution<long> pick_volume_;
  uint64_t next_id_;
};

/// One call for each volume, which must succeed.
void ForEachVolume(const Options& options, const char* endpoint,
                   const std::function<std::string(const std::string&)>& body) {
  Connection connection(options.socket);
  for (long number = 0; number < options.volumes; ++number) {
    const std::string answer = connection.Call(Request(endpoint, body(Name(number))));
    if (!connection.LastWasOk()) Die(std::string(endpoint) + ": " + answer);
  }
}

std::string Quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return quoted + "\"";
}

void Print(std::vector<std::unique_ptr<Client>>& clients, double seconds) {
  std::array<std::vector<int64_t>, kKinds> all;
  long errors = 0;
  size_t calls = 0;
  std::string first_error;
  for (const auto& client : clients) {
    errors += client->errors;
    if (first_error.empty()) first_error = client->first_error;
    for (int kind = 0; kind < kKinds; ++kind) {
      all[kind].insert(all[kind].end(), client->nanos[kind].begin(), client->nanos[kind].end());
      calls += client->nanos[kind].size();
    }
  }
  std::printf(
      "{\"calls\": %zu, \"seconds\": %.3f, \"calls_per_second\": %.0f, \"errors\": %ld, "
      "\"first_error\": %s",
      calls, seconds, static_cast<double>(calls) / seconds, errors, Quoted(first_error).c_str());
  for (int kind = 0; kind < kKinds; ++kind) {
    if (!all[kind].empty()) std::printf(", %s", Quantiles(kNames[kind], all[kind]).c_str());
  }
  std::printf("}\n");
}

}  // namespace

std::string CreateBody(const std::string& name, const std::vector<std::string>& options) {
  std::string body = "{\"Name\":\"" + name + "\",\"Opts\":{";
  for (const std::string& option : options) {
    const size_t equals = option.find('=');
    if (equals == std::string::npos) Die("the option \"" + option + "\" is not KEY=VALUE");
    if (body.back() != '{') body += ',';
    body += Quoted(option.substr(0, equals)) + ":" + Quoted(option.substr(equals + 1));
  }
  return body + "}}";
}

int Load(const std::vector<std::string>& words) {
  const Options options = Parse(words);
  ForEachVolume(options, "/VolumeDriver.Create",
                [&](const std::string& name) { return CreateBody(name, options.create_options); });
  const auto held = [](const std::string& name) { return MountBody(name, 0xbe); };
  if (options.hold) ForEachVolume(options, "/VolumeDriver.Mount", held);

  std::vector<std::unique_ptr<Client>> clients;
  for (long i = 0; i < options.clients; ++i) clients.push_back(std::make_unique<Client>(options, i));
  std::atomic<bool> begin = false;
  std::atomic<long> warm = 0;
  std::atomic<int64_t> until = 0;
  std::vector<std::thread> threads;
  for (const auto& client : clients) {
    threads.emplace_back([&, client = client.get()] {
      client->WarmUp();
      ++warm;
      warm.notify_all();
      begin.wait(false);
      client->Run(options.calls / options.clients, until);
    });
  }
  for (long ready = warm; ready < options.clients; ready = warm) warm.wait(ready);
  const int64_t begun = NowNanos();
  until = begun + options.seconds * 1000000000L;
  begin = true;
  begin.notify_all();
  for (std::thread& thread : threads) thread.join();
  const double seconds = static_cast<double>(NowNanos() - begun) / 1e9;
  long errors = 0;
  for (const auto& client : clients) errors += client->errors;

  if (options.hold) ForEachVolume(options, "/VolumeDriver.Unmount", held);
  ForEachVolume(options, "/VolumeDriver.Remove",
                [](const std::string& name) { return "{\"Name\":\"" + name + "\"}"; });
  Print(clients, seconds);
  return errors == 0 ? 0 : 1;
}

}  // namespace bench
