// app/model_tools.h — what a command does with a model file that nobody trusts yet, in a sandboxed child of its own.
// Rules    the child gets open files and nothing else, in the sandbox of an engine; it may die of the file, the command does not. One that
//          comes no further for as long as whoever asks has patience is ended
// Threads  blocks; commands
// Errors   engine_spawn_failed, model_tool_died (the file ended the child), model_tool_stuck, and what the child says → operator
#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/fd.h"
#include "gatehouse/base/result.h"
#include "gatehouse/engine/model_speed.h"

namespace gatehouse::app {

struct ToolPatience {
  seconds longest{600};                         // without getting any further
  std::function<void(seconds waited)> on_wait;  // each second
};

// Loads the model as an engine would, and measures it. cells: of each of its 16 seats.
Result<engine::ModelSpeed> measure_model(const Fd& file, std::uint32_t threads, std::uint32_t cells, const ToolPatience& patience);

// from, in another layout of its weights (adapters/weight_layout.h), into to. Bytes of weights for progress.
Status rewrite_model(const Fd& from, const Fd& to, const std::string& layout, const ToolPatience& patience,
                     const std::function<void(std::uint64_t done, std::uint64_t all)>& progress);

// What these children become: descriptor 3 is the file, 4 the new one.
int engine_measure(std::uint32_t threads, std::uint32_t cells);
int engine_rewrite(const std::string& layout);

}  // namespace gatehouse::app
