/* A stand-in for libnvidia-ml.so.1 that does what a script says: no driver, no GPU, same calls.
 *
 * The script is the file named by MLWS_NVML_STANDIN; it is read again whenever it changes. One rule a line:
 *
 *   init CODE                   what nvmlInit answers
 *   driver VERSION
 *   gpus COUNT
 *   order I J K …               which GPU nvmlDeviceGetHandleByIndex gives for 0, 1, 2 …
 *   name GPU TEXT               \xNN for bytes that are no text
 *   set GPU KEY VALUE [AMPLITUDE PERIOD]   a figure, or a wave about it over PERIOD seconds
 *   fail GPU CALL CODE          what a call answers (CALL without "nvmlDeviceGet"; * for every call)
 *   delay GPU CALL MILLISECONDS
 *   process GPU PID BYTES       -1 bytes: the driver does not say
 *   calls FILE                  write the number of calls so far to FILE at each change of the script and at the end
 *
 * GPU is an index or * for all; later rules win. Build with -DOLD for a driver that lacks the calls of newer ones.
 */
#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { OK = 0, UNINITIALIZED = 1, INVALID_ARGUMENT = 2, NOT_SUPPORTED = 3, NOT_FOUND = 6, INSUFFICIENT_SIZE = 7 };
enum { GPUS = 32, RULES = 512 };
enum kind { SET, FAIL, DELAY, PROCESS };

struct rule {
    enum kind kind;
    int gpu; /* -1 for all */
    char key[64];
    double value, amplitude, period;
    int pid;
    long long bytes;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct rule rules[RULES];
static int rule_count, gpu_count, init_code, initialized, order[GPUS], ordered;
static char names[GPUS][96], driver[80], calls_file[512];
static struct timespec read_at;
static off_t read_size;
static ino_t read_inode;
static long calls;

static void unescape(char *to, const char *from, size_t size) {
    size_t n = 0;
    unsigned byte;
    while (*from && n + 1 < size) {
        if (from[0] == '\\' && from[1] == 'x' && sscanf(from + 2, "%2x", &byte) == 1) {
            to[n++] = (char)byte;
            from += 4;
        } else {
            to[n++] = *from++;
        }
    }
    to[n] = 0;
}

static int which(const char *word) { return word[0] == '*' ? -1 : atoi(word); }

static void read_order(char *rest) {
    char *at = rest, *end;
    for (ordered = 0; ordered < GPUS; ordered++, at = end) {
        long index = strtol(at, &end, 10);
        if (end == at) break;
        order[ordered] = (int)index;
    }
}

static void read_rule(char *line) {
    char word[32], gpu[16], key[64];
    int at = 0;
    struct rule rule = {0};
    line[strcspn(line, "\n")] = 0;
    if (sscanf(line, "%31s %n", word, &at) != 1 || word[0] == '#') return;
    char *rest = line + at;
    if (!strcmp(word, "init")) { init_code = atoi(rest); return; }
    if (!strcmp(word, "driver")) { snprintf(driver, sizeof driver, "%s", rest); return; }
    if (!strcmp(word, "gpus")) { gpu_count = atoi(rest) < GPUS ? atoi(rest) : GPUS; return; }
    if (!strcmp(word, "order")) { read_order(rest); return; }
    if (!strcmp(word, "calls")) { snprintf(calls_file, sizeof calls_file, "%s", rest); return; }
    if (sscanf(rest, "%15s %n", gpu, &at) != 1) return;
    rest += at;
    rule.gpu = which(gpu);
    if (!strcmp(word, "name")) {
        for (int g = 0; g < GPUS; g++)
            if (rule.gpu < 0 || rule.gpu == g) unescape(names[g], rest, sizeof names[g]);
        return;
    }
    if (!strcmp(word, "process")) {
        rule.kind = PROCESS;
        if (sscanf(rest, "%d %lld", &rule.pid, &rule.bytes) != 2) return;
    } else {
        rule.kind = !strcmp(word, "fail") ? FAIL : !strcmp(word, "delay") ? DELAY : SET;
        if (sscanf(rest, "%63s %lf %lf %lf", key, &rule.value, &rule.amplitude, &rule.period) < 2) return;
        snprintf(rule.key, sizeof rule.key, "%s", key);
    }
    if (rule_count < RULES) rules[rule_count++] = rule;
}

static void tell_calls(void) {
    FILE *file = calls_file[0] ? fopen(calls_file, "w") : NULL;
    if (!file) return;
    fprintf(file, "%ld\n", calls);
    fclose(file);
}

static void refresh(void) {
    const char *path = getenv("MLWS_NVML_STANDIN");
    struct stat now;
    char line[512];
    if (!path || stat(path, &now)) return;
    if (now.st_mtim.tv_sec == read_at.tv_sec && now.st_mtim.tv_nsec == read_at.tv_nsec && now.st_size == read_size &&
        now.st_ino == read_inode)
        return;
    FILE *file = fopen(path, "r");
    if (!file) return;
    tell_calls();
    rule_count = gpu_count = init_code = ordered = 0;
    calls_file[0] = 0;
    snprintf(driver, sizeof driver, "580.95.05");
    for (int g = 0; g < GPUS; g++) snprintf(names[g], sizeof names[g], "NVIDIA H200");
    while (fgets(line, sizeof line, file)) read_rule(line);
    fclose(file);
    read_at = now.st_mtim;
    read_size = now.st_size;
    read_inode = now.st_ino;
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int applies(const struct rule *rule, enum kind kind, int gpu, const char *key) {
    if (rule->kind != kind || (rule->gpu >= 0 && rule->gpu != gpu)) return 0;
    return !strcmp(rule->key, key) || (kind != SET && !strcmp(rule->key, "*"));
}

static double figure(int gpu, const char *key, double otherwise) {
    double value = otherwise;
    for (int i = 0; i < rule_count; i++)
        if (applies(&rules[i], SET, gpu, key)) {
            value = rules[i].value;
            if (rules[i].period > 0) value += rules[i].amplitude * sin(6.283185307 * seconds() / rules[i].period + gpu);
        }
    return value;
}

/* Handles are 1 + the GPU's own number, so that none is NULL. Leaves with the lock held where it answers OK. */
static int enter(void *handle, const char *call, int *gpu) {
    double wait = 0;
    int code = OK;
    *gpu = (int)(intptr_t)handle - 1;
    pthread_mutex_lock(&lock);
    refresh();
    calls++;
    for (int i = 0; i < rule_count; i++) {
        if (applies(&rules[i], DELAY, *gpu, call)) wait = rules[i].value;
        if (applies(&rules[i], FAIL, *gpu, call)) code = (int)rules[i].value;
    }
    if (!initialized) code = UNINITIALIZED;
    else if (*gpu < 0 || *gpu >= gpu_count) code = INVALID_ARGUMENT;
    if (wait > 0) {
        struct timespec pause = {(time_t)(wait / 1000), (long)(fmod(wait, 1000) * 1e6)};
        pthread_mutex_unlock(&lock);
        nanosleep(&pause, NULL);
        pthread_mutex_lock(&lock);
    }
    if (code != OK) pthread_mutex_unlock(&lock);
    return code;
}

#define ENTER(name) \
    int gpu; \
    int code = enter(handle, name, &gpu); \
    if (code != OK) return code
#define LEAVE(code) \
    do { int answer = (code); pthread_mutex_unlock(&lock); return answer; } while (0)

static int number(void *handle, const char *call, const char *key, double otherwise, unsigned *to) {
    ENTER(call);
    double value = figure(gpu, key, otherwise);
    if (value >= 0) *to = (unsigned)(value + 0.5);
    LEAVE(value < 0 ? NOT_SUPPORTED : OK);
}

int nvmlInitWithFlags(unsigned flags) {
    (void)flags;
    pthread_mutex_lock(&lock);
    refresh();
    calls++;
    if (init_code == OK) initialized = 1;
    LEAVE(init_code);
}

int nvmlShutdown(void) {
    pthread_mutex_lock(&lock);
    tell_calls();
    initialized = 0;
    LEAVE(OK);
}

const char *nvmlErrorString(int code) { return code == OK ? "Success" : "an error"; }

int nvmlSystemGetDriverVersion(char *to, unsigned size) {
    pthread_mutex_lock(&lock);
    snprintf(to, size, "%s", driver);
    LEAVE(initialized ? OK : UNINITIALIZED);
}

int nvmlDeviceGetCount_v2(unsigned *to) {
    pthread_mutex_lock(&lock);
    refresh();
    *to = (unsigned)(ordered ? ordered : gpu_count);
    LEAVE(initialized ? OK : UNINITIALIZED);
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **to) {
    void *handle;
    pthread_mutex_lock(&lock);
    refresh();
    handle = (void *)(intptr_t)(1 + (ordered && (int)index < ordered ? order[index] : (int)index));
    pthread_mutex_unlock(&lock);
    ENTER("HandleByIndex");
    *to = handle;
    LEAVE(gpu < 0 ? INVALID_ARGUMENT : OK);
}

int nvmlDeviceGetHandleByUUID(const char *uuid, void **to) {
    int number;
    if (sscanf(uuid, "GPU-%8x-", (unsigned *)&number) != 1) return NOT_FOUND;
    void *handle = (void *)(intptr_t)(1 + number);
    ENTER("HandleByUUID");
    *to = handle;
    LEAVE(gpu < 0 ? NOT_FOUND : OK);
}

int nvmlDeviceGetUUID(void *handle, char *to, unsigned size) {
    ENTER("UUID");
    snprintf(to, size, "GPU-%08x-1111-2222-3333-444444444444", gpu);
    LEAVE(OK);
}

int nvmlDeviceGetName(void *handle, char *to, unsigned size) {
    ENTER("Name");
    snprintf(to, size, "%s", names[gpu]);
    LEAVE(OK);
}

struct utilization { unsigned gpu, memory; };
int nvmlDeviceGetUtilizationRates(void *handle, struct utilization *to) {
    ENTER("UtilizationRates");
    to->gpu = (unsigned)(figure(gpu, "util", 0) + 0.5);
    to->memory = (unsigned)(figure(gpu, "memutil", 0) + 0.5);
    LEAVE(OK);
}

struct memory { unsigned long long total, free, used; };
int nvmlDeviceGetMemoryInfo(void *handle, struct memory *to) {
    ENTER("MemoryInfo");
    to->total = (unsigned long long)figure(gpu, "total", 150754820096.0);
    to->used = (unsigned long long)(figure(gpu, "used", 0) + figure(gpu, "reserved", 0));
    to->free = to->total - to->used;
    LEAVE(OK);
}

int nvmlDeviceGetPowerUsage(void *handle, unsigned *to) { return number(handle, "PowerUsage", "power", 70000, to); }
int nvmlDeviceGetEnforcedPowerLimit(void *handle, unsigned *to) {
    return number(handle, "EnforcedPowerLimit", "limit", 700000, to);
}
int nvmlDeviceGetFanSpeed(void *handle, unsigned *to) { return number(handle, "FanSpeed", "fan", -1, to); }
int nvmlDeviceGetTemperature(void *handle, int sensor, unsigned *to) {
    (void)sensor;
    return number(handle, "Temperature", "temp", 30, to);
}
int nvmlDeviceGetTemperatureThreshold(void *handle, int kind, unsigned *to) {
    (void)kind;
    return number(handle, "TemperatureThreshold", "slowdown", -1, to);
}
int nvmlDeviceGetClockInfo(void *handle, int kind, unsigned *to) {
    return number(handle, "ClockInfo", kind == 2 ? "memclock" : "clock", kind == 2 ? 3201 : 345, to);
}

static int reasons(void *handle, const char *call, unsigned long long *to) {
    ENTER(call);
    *to = (unsigned long long)figure(gpu, "throttle", 0);
    LEAVE(OK);
}
int nvmlDeviceGetCurrentClocksThrottleReasons(void *handle, unsigned long long *to) {
    return reasons(handle, "CurrentClocksThrottleReasons", to);
}

struct process { unsigned pid; unsigned long long bytes; unsigned gi, ci; };
static int processes(void *handle, const char *call, unsigned *count, struct process *to) {
    unsigned found = 0, room = *count;
    ENTER(call);
    for (int i = 0; i < rule_count; i++) {
        if (rules[i].kind != PROCESS || (rules[i].gpu >= 0 && rules[i].gpu != gpu)) continue;
        if (to && found < room)
            to[found] = (struct process){(unsigned)rules[i].pid, (unsigned long long)rules[i].bytes, ~0u, ~0u};
        found++;
    }
    *count = found;
    LEAVE(found > (to ? room : 0) ? INSUFFICIENT_SIZE : OK);
}
int nvmlDeviceGetComputeRunningProcesses_v2(void *handle, unsigned *count, struct process *to) {
    return processes(handle, "ComputeRunningProcesses", count, to);
}

#ifndef OLD
struct memory_v2 { unsigned version; unsigned long long total, reserved, free, used; };
int nvmlDeviceGetMemoryInfo_v2(void *handle, struct memory_v2 *to) {
    ENTER("MemoryInfo");
    if (to->version != 0x02000028) LEAVE(25);
    to->total = (unsigned long long)figure(gpu, "total", 150754820096.0);
    to->reserved = (unsigned long long)figure(gpu, "reserved", 0);
    to->used = (unsigned long long)figure(gpu, "used", 0);
    to->free = to->total - to->used - to->reserved;
    LEAVE(OK);
}

struct temperature { unsigned version; int sensor, temperature; };
int nvmlDeviceGetTemperatureV(void *handle, struct temperature *to) {
    unsigned value = 0;
    int answer = number(handle, "Temperature", "temp", 30, &value);
    to->temperature = (int)value;
    return answer;
}

int nvmlDeviceGetCurrentClocksEventReasons(void *handle, unsigned long long *to) {
    return reasons(handle, "CurrentClocksEventReasons", to);
}
int nvmlDeviceGetComputeRunningProcesses_v3(void *handle, unsigned *count, struct process *to) {
    return processes(handle, "ComputeRunningProcesses", count, to);
}
int nvmlDeviceGetGraphicsRunningProcesses_v3(void *handle, unsigned *count, struct process *to) {
    (void)to;
    ENTER("GraphicsRunningProcesses");
    *count = 0;
    LEAVE(OK);
}
#endif
