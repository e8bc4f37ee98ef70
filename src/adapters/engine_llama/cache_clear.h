// adapters/engine_llama/cache_clear.h — a new KV cache is cleared by several threads at once, and not for long.
// Why      libllama writes zeros over it when it makes it, 1.5 GB by default, and with that each of its pages is had from the kernel: a
//          quarter of a second. On a virtual machine whose host has to find the memory first it is 3.4 s, 1.7 s with two threads, where
//          all else of a load takes half a second
// Rules    pages are cleared for several times as long as that takes where memory is at hand; the rest comes from the kernel when it is
//          first used, as zeros, in small pages: with each token a few, where a huge one would hold up an answer
// Threads  counts for the thread that it is made on, while it lives; one at a time on each
#pragma once
#include <cstddef>
#include <span>

#include "gatehouse/base/clock.h"

namespace gatehouse::adapters {

// As many as the machine has, and no more than eight, which are as fast as its memory is.
unsigned clearing_threads();

class CacheClear {
 public:
  // at_least: what a buffer may take, and beyond it what its size may take
  explicit CacheClear(unsigned threads, nanoseconds at_least = milliseconds(250));
  CacheClear(const CacheClear&) = delete;
  CacheClear& operator=(const CacheClear&) = delete;
  ~CacheClear();
  // Of private memory that no file stands behind. False where it is too small to be worth it, or the kernel does not take it back: then it
  // is still to be cleared.
  bool clear(std::span<std::byte> buffer);
  std::size_t cleared() const { return cleared_; }  // bytes of the buffers that were taken
  std::size_t left() const { return left_; }        // of them, those that have yet to come from the kernel

 private:
  const unsigned threads_;
  const nanoseconds at_least_;
  std::size_t cleared_ = 0, left_ = 0;
};

}  // namespace gatehouse::adapters
