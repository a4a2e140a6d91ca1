// A pod's first process: it holds the pod's namespaces, ends at once when told to, and reaps orphans when the pod shares its
// process namespace. No C library: the program is about a kilobyte, and a hundred pods share nothing but a page or two.
#include <asm/signal.h>
#include <asm/unistd.h>

static long call(long number, long a, long b, long c, long d)
{
#if defined(__x86_64__)
    long result;
    register long r10 __asm__("r10") = d;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
    return result;
#elif defined(__aarch64__)
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
    return x0;
#else
#error "pause: no system calls for this architecture yet"
#endif
}

#define BIT(signal) (1UL << ((signal) - 1))

void _start(void)
{
    // Blocked signals wait for sigtimedwait even where their default is to be ignored, as it is for a first process.
    unsigned long signals = BIT(SIGINT) | BIT(SIGTERM) | BIT(SIGCHLD);
    call(__NR_rt_sigprocmask, SIG_BLOCK, (long)&signals, 0, sizeof signals);
    for (;;) {
        long signal = call(__NR_rt_sigtimedwait, (long)&signals, 0, 0, sizeof signals);
        if (signal == SIGCHLD) {
            while (call(__NR_wait4, -1, 0, 1 /* WNOHANG */, 0) > 0) { }
        } else if (signal == SIGINT || signal == SIGTERM) {
            call(__NR_exit_group, 0, 0, 0, 0);
        }
    }
}
