// The children of a command: see model_tools.h.
#include <sys/stat.h>

#include <cstdlib>
#include <iostream>

#include "commands.h"
#include "gatehouse/adapters/engine_child/sandbox.h"
#include "gatehouse/adapters/engine_child/spawner.h"
#include "gatehouse/adapters/llama_model.h"
#include "gatehouse/adapters/weight_layout.h"
#include "gatehouse/base/clock.h"
#include "model_tools.h"
#include "tool_report.h"

namespace gatehouse::app {
namespace {

constexpr std::uint32_t tried_seats = 16;
constexpr nanoseconds of_each = milliseconds(400);
constexpr int first = adapters::ProcessSpawner::first_descriptor;

void tell(const ToolReport& report) { std::cout << line_of(report) << std::flush; }

int told(const Error& why) {
  tell(ToolFailure{std::string(why.reason()), why.describe()});
  return exit_failed;
}

// However its weights stand there: a bit each at least, and 8.5 bits each in the largest layout that they are written in.
Result<std::uint64_t> most_to_write(int from) {
  constexpr std::uint64_t times_as_long = 9, and_more = 16UL * 1024 * 1024;
  struct stat found{};
  if (fstat(from, &found) != 0) return operator_error("model_unreadable", "the file's size cannot be told");
  return static_cast<std::uint64_t>(found.st_size) * times_as_long + and_more;
}

// The order is that of an engine: what must be opened is opened, then every way out is shut, and only then is a model file looked at.
Status shut_in(std::uint64_t file_limit) {
  clearenv();
  GH_CHECK(adapters::load_cpu_backends(adapters::library_directory()));
  adapters::SandboxOptions sandbox;
  sandbox.seccomp = sandbox.address_limit = !adapters::sanitizer_build();
  sandbox.file_limit = file_limit;
  return adapters::enter_sandbox(sandbox);
}

Result<engine::ModelSpeed> measured(std::uint32_t threads, std::uint32_t cells) {
  wire::engine::Load options;
  options.model = "tried";
  options.seats = tried_seats;
  options.seat_cells = cells;
  options.threads = threads;
  GH_TRY(const engine::LoadedModel model, adapters::load_llama_model(Fd(first), options));
  const SystemClock clock;
  return engine::measure_speed(*model.sequences, clock, of_each);
}

}  // namespace

int engine_measure(std::uint32_t threads, std::uint32_t cells) {
  if (const Status shut = shut_in(0); !shut) return told(shut.error());
  const Result<engine::ModelSpeed> speed = measured(threads, cells);
  if (!speed) return told(speed.error());
  tell(*speed);
  tell(ToolEnd());
  return exit_well;
}

int engine_rewrite(const std::string& layout) {
  const auto wanted = adapters::parse_weight_layout(layout);
  if (!wanted) return exit_usage;
  const Result<std::uint64_t> most = most_to_write(first);
  if (!most) return told(most.error());
  if (const Status shut = shut_in(*most); !shut) return told(shut.error());
  std::uint64_t told_of = 0;
  const Status written = adapters::write_in_layout(Fd(first), Fd(first + 1), *wanted, [&told_of](std::uint64_t done, std::uint64_t all) {
    constexpr std::uint64_t worth_telling = 16UL * 1024 * 1024;
    if (done - told_of < worth_telling && done < all) return;
    told_of = done;
    tell(ToolProgress{done, all});
  });
  if (!written) return told(written.error());
  tell(ToolEnd());
  return exit_well;
}

}  // namespace gatehouse::app
