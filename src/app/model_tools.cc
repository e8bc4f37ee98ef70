#include "model_tools.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "gatehouse/adapters/engine_child/spawner.h"
#include "tool_report.h"

namespace gatehouse::app {
namespace {

constexpr std::size_t longest_line = 4096;

Result<Fd> copy_of(const Fd& file) {
  Fd copy(dup(file.get()));
  if (!copy) return operator_error("engine_spawn_failed", "no further file can be opened");
  return copy;
}

// Lines of what a child says, until it has closed its end, or for as long as there is patience. Longer ones are cut.
class Lines {
 public:
  Lines(Fd pipe, const ToolPatience& patience) : pipe_(std::move(pipe)), patience_(patience), since_(clock_.now()) {}

  // It has got further: what counts is from now on.
  void got_further() { since_ = clock_.now(); }
  bool stuck() const { return stuck_; }

  std::optional<std::string> next() {
    for (;;) {
      const std::size_t end = read_.find('\n');
      if (end != std::string::npos) {
        std::string line = read_.substr(0, std::min(end, longest_line));
        read_.erase(0, end + 1);
        return line;
      }
      if (read_.size() > longest_line) read_.resize(longest_line);
      if (!read_more()) return std::nullopt;
    }
  }

 private:
  // False: none is left.
  bool wait() {
    for (;;) {
      const auto waited = std::chrono::floor<seconds>(clock_.now() - since_);
      stuck_ = waited >= patience_.longest;
      if (stuck_) return false;
      pollfd readable{pipe_.get(), POLLIN, 0};
      const int ready = poll(&readable, 1, one_second);
      if (ready > 0) return true;
      if (ready == 0 && patience_.on_wait) patience_.on_wait(std::chrono::floor<seconds>(clock_.now() - since_));
      if (ready < 0 && errno != EINTR) return false;
    }
  }
  bool read_more() {
    if (!wait()) return false;
    char buffer[4096];
    ssize_t n;
    while ((n = read(pipe_.get(), buffer, sizeof buffer)) < 0 && errno == EINTR) {
    }
    if (n > 0) read_.append(buffer, static_cast<std::size_t>(n));
    return n > 0;
  }

  static constexpr int one_second = 1000;

  const Fd pipe_;
  const ToolPatience& patience_;
  const SystemClock clock_;
  Instant since_;
  bool stuck_ = false;
  std::string read_;
};

struct Found {
  std::optional<engine::ModelSpeed> speed;
  std::optional<ToolFailure> failure;
  bool ended = false;
};

Error stuck(seconds longest) {
  return operator_error("model_tool_stuck", "the file has kept the child that looks at it busy for " + std::to_string(longest.count()) +
                                                " seconds without getting any further: it is given up (--patience says for how long)");
}

Result<Found> run_tool(std::vector<std::string> arguments, const Fd& from, const Fd* to, const ToolPatience& patience,
                       const std::function<void(std::uint64_t done, std::uint64_t all)>& progress) {
  GH_TRY(Fd file, copy_of(from));
  std::vector<Fd> further;
  if (to != nullptr) {
    GH_TRY(further.emplace_back(), copy_of(*to));
  }
  adapters::ProcessSpawner spawner("/proc/self/exe", std::move(arguments));
  GH_TRY(const auto child, spawner.spawn(std::move(file), std::move(further)));
  Lines lines(child->take_output(), patience);
  Found found;
  std::uint64_t furthest = 0;
  while (const auto line = lines.next()) {
    const auto report = parse_report(*line);
    if (!report) continue;
    if (const auto* speed = std::get_if<engine::ModelSpeed>(&*report)) found.speed = *speed;
    if (const auto* failure = std::get_if<ToolFailure>(&*report)) found.failure = *failure;
    if (const auto* far = std::get_if<ToolProgress>(&*report)) {
      if (far->done > furthest) lines.got_further();
      furthest = std::max(furthest, far->done);
      if (progress) progress(far->done, far->all);
    }
    if (std::holds_alternative<ToolEnd>(*report)) found.ended = true;
  }
  if (lines.stuck()) return stuck(patience.longest);
  if (found.failure) return operator_error("model_unusable", found.failure->text).with_detail(found.failure->reason);
  if (!found.ended)
    return operator_error("model_tool_died", "the child that looked at the file has died of it: it is damaged, or memory is short");
  return found;
}

}  // namespace

Result<engine::ModelSpeed> measure_model(const Fd& file, std::uint32_t threads, std::uint32_t cells, const ToolPatience& patience) {
  GH_TRY(Found found, run_tool({"engine", "measure", "--threads", std::to_string(threads), "--cells", std::to_string(cells)}, file, nullptr,
                               patience, nullptr));
  if (!found.speed) return operator_error("model_tool_died", "the child that tried the model has said nothing of it");
  return std::move(*found.speed);
}

Status rewrite_model(const Fd& from, const Fd& to, const std::string& layout, const ToolPatience& patience,
                     const std::function<void(std::uint64_t done, std::uint64_t all)>& progress) {
  GH_TRY(const Found found, run_tool({"engine", "rewrite", "--layout", layout}, from, &to, patience, progress));
  return ok();
}

}  // namespace gatehouse::app
