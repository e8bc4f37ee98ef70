// config/nearest.h — the word that was probably meant.
// Threads  pure functions
#pragma once
#include <cstddef>
#include <span>
#include <string_view>

namespace gatehouse::config {

// How many letters must be changed, put in or left out. Only the first 64 of each word are looked at.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The first of those that are nearest; words must not be empty.
std::string_view nearest(std::string_view written, std::span<const std::string_view> words);

}  // namespace gatehouse::config
