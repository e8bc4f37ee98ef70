// adapters/engine_llama/test_model.h — where the tests find the model that ./run build fetches, small seats for it, and prompts.
#pragma once
#include <fcntl.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "gatehouse/adapters/llama_model.h"
#include "llama_handles.h"
#include "vocabulary.h"

namespace gatehouse::adapters {

inline std::filesystem::path test_model_path() {
  if (const char* named = std::getenv("GATEHOUSE_TEST_MODEL")) return named;
  const auto in_tree = std::filesystem::path("models/smollm2-135m-instruct/1/SmolLM2-135M-Instruct.Q4_1.gguf");
  // The program runs in the build folder: the repository is above it.
  for (auto folder = std::filesystem::current_path();; folder = folder.parent_path()) {
    if (std::filesystem::exists(folder / in_tree)) return folder / in_tree;
    if (folder == folder.parent_path()) return in_tree;
  }
}

inline std::string test_model_advice() {
  return "The model file should be at " + test_model_path().string() +
         ": `./run build` fetches it, GATEHOUSE_TEST_MODEL names another place.";
}

// The vocabulary alone; null, with a failure, where the model is not there.
inline std::shared_ptr<Vocabulary> test_vocabulary() {
  EXPECT_TRUE(load_cpu_backends(library_directory()).ok());
  llama_model_params params = llama_model_default_params();
  params.vocab_only = true;
  const ModelHandle model(llama_model_load_from_file(test_model_path().c_str(), params), FreeModel());
  EXPECT_NE(model, nullptr) << test_model_advice();
  return model ? std::make_shared<Vocabulary>(model) : nullptr;
}

inline constexpr std::uint32_t test_seats = 4, test_seat_cells = 256;

inline Result<engine::LoadedModel> load(const wire::engine::Load& options) {
  GH_CHECK(load_cpu_backends(library_directory()));
  return load_llama_model(Fd(::open(test_model_path().c_str(), O_RDONLY | O_CLOEXEC)), options);
}

inline wire::engine::Load small_load() {
  wire::engine::Load options;
  options.model = "smollm2";
  options.seats = test_seats;
  options.seat_cells = test_seat_cells;
  return options;
}

inline wire::engine::Prepare chat(std::string text) {
  wire::engine::Prepare prepare;
  prepare.messages.push_back(wire::engine::Message{"user", std::move(text)});
  prepare.sampling.temperature = 0;
  return prepare;
}

// With a system prompt that does not make this small model guess.
inline wire::engine::Prepare ask(std::string text) {
  wire::engine::Prepare prepare = chat(std::move(text));
  prepare.messages.insert(prepare.messages.begin(), wire::engine::Message{"system", "You are a helpful assistant."});
  return prepare;
}

inline wire::engine::Prepare raw(std::string text) {
  wire::engine::Prepare prepare = chat("");
  prepare.chat = false;
  prepare.prompt = std::move(text);
  return prepare;
}

}  // namespace gatehouse::adapters
