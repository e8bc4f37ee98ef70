// This program is also the engine child that it tests: `PROGRAM engine --links N`.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <string_view>

#include "gatehouse/adapters/engine_child/engine_host.h"
#include "gatehouse/adapters/engine_child/sandbox.h"
#include "gatehouse/adapters/engine_child/spawner.h"
#include "gatehouse/engine/scripted_model.h"
#include "scripted_child.h"

namespace gatehouse::testing {

Result<engine::LoadedModel> load_scripted(Fd file, const wire::engine::Load& options) {
  char word[8] = {};
  if (pread(file.get(), word, sizeof word, 0) != 5 || std::string_view(word) != "model") {
    return operator_error("model_broken", "the descriptor is not that of the model file");
  }
  if (options.model == "broken") return operator_error("model_broken", "the magic number is wrong");
  if (options.model == "crashes") std::raise(SIGKILL);
  while (options.model == "hangs") pause();
  engine::ScriptedOptions scripted;
  scripted.seats = options.seats;
  scripted.seat_cells = options.seat_cells;
  return engine::scripted_model(std::move(scripted));
}

namespace {

// As `gatehouse engine` does it, sandbox included.
int run_child(int links) {
  adapters::HostWiring wiring;
  wiring.name = "scripted";
  wiring.control = Fd(adapters::ProcessSpawner::first_descriptor);
  for (int i = 0; i < links; ++i) wiring.links.emplace_back(adapters::ProcessSpawner::first_descriptor + 1 + i);
  wiring.load = load_scripted;
  wiring.exit_when_front_gone = true;
  adapters::SandboxOptions sandbox;
  sandbox.seccomp = sandbox.address_limit = !adapters::sanitizer_build();
  if (!adapters::enter_sandbox(sandbox)) return 1;
  const SystemClock clock;
  return adapters::run_engine_host(std::move(wiring), clock);
}

}  // namespace
}  // namespace gatehouse::testing

int main(int argc, char** argv) {
  if (argc == 4 && std::string_view(argv[1]) == "engine" && std::string_view(argv[2]) == "--links") {
    int links = 0;
    const std::string_view count = argv[3];
    std::from_chars(count.data(), count.data() + count.size(), links);
    return gatehouse::testing::run_child(links);
  }
  ::testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
