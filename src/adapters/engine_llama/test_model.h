// adapters/engine_llama/test_model.h — where the tests find the model that ./run build fetches.
#pragma once
#include <cstdlib>
#include <filesystem>
#include <string>

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

}  // namespace gatehouse::adapters
